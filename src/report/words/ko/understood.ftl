# `slowlab site`와 `slowlab import`가 설정을 어떻게 읽었는지 말하는 것.

understood-default = 기본값
understood-assumed = 가정: { $why }
understood-unknown = 알 수 없음: { $why }

# CPU와 변수.

understood-cpus = CPU 수로 계산됨
understood-cpus-hint = --cpus N, 서버의 CPU 수
understood-of = { $at }의 { $name }
understood-decides = 변수 { $name } 값에 달려 있는데, 그 값을 말하는 곳이 없음
understood-decides-missing = 변수 { $name } 값에 달려 있는데, `{ $file }` 파일이 없어 읽지 못함
understood-unset = { $name } 설정되지 않음
understood-unset-missing = { $name } 설정되지 않음, 없는 파일 `{ $file }`에 있을 수는 있음
understood-services-differ = `{ $at }`의 서비스마다 { $name } 값이 다름

# gunicorn.

understood-command-hint = --gunicorn 'gunicorn …', 실제로 실행하는 명령
understood-no-start = gunicorn을 어떻게 시작하는지 말하는 것이 없음
understood-no-start-hint = --gunicorn FILE, 또는 따옴표로 묶은 명령
understood-starts-none = 주어진 것 가운데 gunicorn을 시작하는 것이 없음
understood-starts-others = 주어진 것 가운데 gunicorn을 시작하는 것이 없음. 시작하는 것은 { $started }
understood-same-workers = { $at }도 같은 워커로 시작함
understood-another = { $at }에서는 다르게 시작함 (다른 것: { $differ }); { $best } 쪽을 따름
understood-disagree = { $best }, { $other } 두 곳의 말이 다름
understood-systemd-socket = systemd가 소켓을 넘겨줌
understood-systemd-fills = { $what } 값은 systemd가 채움
understood-config-missing = { $at }에서 말하는 `{ $name }` 파일이 없음
understood-config-missing-hint = --gunicorn { $name }, 또는 --root DIR
understood-unseen = { $dir } 폴더에 gunicorn.conf.py가 있다면 이름이 없어도 읽히는데, 그 폴더가 여기 없음 (--gunicorn FILE, 또는 --root DIR)
understood-unread = `{ $file }` 파일이 여기 없어, 그 안의 변수(WEB_CONCURRENCY, GUNICORN_CMD_ARGS 포함)는 설정되지 않은 것으로 본다 (--gunicorn FILE 또는 --env NAME=VALUE)
understood-open = { $at }에서 무엇이든 바뀔 수 있음
understood-no-number = 값이 정수가 아님
understood-no-value = 값을 이해하지 못함
understood-no-address = 주소가 아님
understood-zero = { $name } 0개로는 아무도 처리하지 못함: gunicorn이 시작을 거부함
understood-range = { $name }: 여기서는 { $least }~{ $most } 범위만 재현할 수 있음
understood-no-class = `{ $name }` 클래스는 모델에 없음. 어느 클래스를 확장한 것인가?
understood-stands-in = { $why }; gunicorn의 기본값으로 대신함
understood-reuse-port = 워커마다 자기 accept 큐를 가지게 됨
understood-preload = 강제 종료된 워커가 얼마나 빨리 교체되는지가 달라짐
understood-head-limits = 여기서는 헤더에 gunicorn의 기본 제한을 씀
understood-reload = 개발용 설정임
understood-ignores-threads = { $class } 워커는 스레드 하나로 처리함. 이 값은 sync(gthread가 됨)와 gthread만 읽음
understood-ignores-keepalive = { $class } 워커는 응답마다 연결을 닫음
understood-ignores-connections = { $class } 워커에는 그런 제한이 없음, 값이 무엇이든
understood-ignores-backlog = { $class } 워커는 asyncio로 다시 listen하며, backlog는 100
understood-ignores = { $class } 워커는 이 값을 쓰지 않음

# Python과 셸.

understood-python-not-run = { $what } 호출은 실행하지 않음
understood-python-unfit = { $what } 연산이 맞지 않는 값에 쓰임
understood-python-long = 설정값으로는 너무 긴 문자열이나 리스트
understood-python-computed-name = 이름이 계산되는 변수
understood-python-no-item = 없거나 여기서 알 수 없는 항목
understood-python-call = 실행하지 않는 것의 호출
understood-python-not-plain = 단순한 값이 아님
understood-python-format = 형식이 지정된 문자열
understood-python-deep = 서로 너무 깊이 호출하는 함수
understood-python-involved = 실행해 보지 않고는 알 수 없는 복잡한 식
understood-python-several = 한꺼번에 대입되는 여럿 가운데 하나
understood-python-condition = { $what }번째 줄의 조건에 달려 있는데, 그 조건을 알 수 없음
understood-python-comparison = 알 수 없는 비교
understood-python-attribute = 속성 { $what } 값을 여기서 알 수 없음
understood-shell-deep = 기본값 속의 기본값이 너무 깊음
understood-shell-output = 명령의 출력에 달려 있는데, 아무것도 실행하지 않음
understood-shell-own = 셸 자신의 변수
understood-shell-apart = 쪼개어 쓰는 변수
understood-shell-no-arguments = 스크립트를 인자 없이 호출한다고 봄
understood-shell-argument = `{ $name }` 값은 { $at } 호출에 주는 인자
understood-shell-conditional = { $line }번째 줄, 조건 아래에서 설정됨

# nginx.

understood-no-bind = gunicorn이 어디서 받는지 말하는 것이 없음
understood-foreign = `/` 요청이 gunicorn으로 가지 않음: { $foreign }
understood-foreign-hint = 다른 location을 뜻한다면 --location PATH
understood-to = { $to } 쪽으로
understood-as-default = { $name } 기본값대로
understood-if-holds = { $at } 조건이 참일 때
understood-condition = 조건문, 그 안의 것은 고려하지 않음
understood-own-process = 디스크립터가 따로 있음
understood-not-given = 그것이 있는 nginx.conf가 주어지지 않음
understood-include-missing = { $include }: 파일이 없어 그 내용이 빠져 있음
understood-include-as = { $include }: 대신 읽은 파일 { $file }
understood-no-server-address = 서버의 주소가 아님
understood-computed = `{ $name }` 값은 { $at }에서 계산됨
understood-set-at = { $name } 설정된 곳 { $at }
understood-per-request = `{ $name }` 값은 요청마다 정해짐
understood-per-request-hint = --location PATH, 또는 값이 그대로 적힌 파일
understood-servers = upstream의 서버 수, 저마다 이런 gunicorn이라고 봄
understood-http-version = 백엔드로 가는 다른 HTTP 버전은 모델에 없음
understood-one-process = 프로세스 하나라고 가정함; --cpus로 개수를 말함
understood-not-by-address = 주소마다 세는 제한이 아님
understood-weight = 여기서는 서버의 가중치가 모두 같음
understood-max-conns = 서버마다의 연결 수 제한은 모델에 없음
understood-keeps-nothing = proxy_http_version 1.1과 빈 Connection 헤더 없이는 연결을 유지하지 않음
understood-cached = 캐시된 응답은 워커에 이르지 않음
understood-limit-req = 주소 하나의 요청을 제한함, 모델에 없는 처방
understood-http2 = 많은 요청이 연결 하나를 나눠 씀
understood-http3 = QUIC에는 TCP 버퍼가 없음
understood-tls = TLS 레코드가 버퍼를 더함
understood-aio = 임시 파일을 스레드가 읽음
understood-sendfile = 임시 파일이 사용자 공간 버퍼를 거치지 않고 소켓으로 감; 워커가 풀려나는 것은 같음
understood-auth-request = 요청마다 다른 곳에 먼저 요청을 하나 더 보냄
understood-mirror = 요청마다 두 번 보냄
understood-slice = 요청 하나가 여럿이 됨
understood-gzip = 압축된 응답은 직접 준 가장 큰 응답보다 작음
understood-in-turn = 여기서는 서버를 차례로 씀
understood-queue = 요청이 nginx 안에서 기다림
understood-accept-mutex = 여기서는 이 설정이 없을 때처럼(nginx 1.11.3부터 기본값) 이벤트 루프가 차례로 깨어남
understood-error-pages = 오류 페이지는 nginx 자신의 것
understood-store = 응답을 디스크에 보관함
understood-bind = 백엔드로 가는 연결이 다른 주소에서 나감
understood-tcp-probes = TCP 자체의 keepalive 프로브는 모델에 없음
understood-ranges = 범위 요청은 모델에 없음

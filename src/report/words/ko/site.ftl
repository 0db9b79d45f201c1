# `slowlab site`: 무엇이 사이트를 멈추고, 어떤 설정이 살리는가.

site-title = 무엇이 이 사이트를 멈추는가
site-heading = 무엇이 이 사이트를 멈추고, 무엇이 살리는가
site-terminal-read = 읽음
site-terminal-ask = 질문
site-terminal-answer = 답
site-terminal-cures = 처방
site-terminal-unsure = 불확실
site-page-read = 읽은 것
site-page-ask = 먼저 답해야 할 것
site-page-answer = 답
site-page-pictures = 가장 나은 처방의 앞과 뒤
site-picture-before = 지금 그대로
site-picture-told = { $count }: { $what }. 양쪽 모두 같은 클라이언트, 시뮬레이션
site-page-cures = 처방
site-page-unsure = 확실하지 않은 것
site-column-threat = 위협
site-column-first = 첫 방문자 실패
site-column-half = 절반
site-column-most = 95{ "\u00A0" }%
site-column-how = 어떻게
site-column-limit = 한계
site-asked = { $about }: { $why }. 답하는 방법: { $hint }
site-slots = 슬롯 { $count }개: 한꺼번에 처리하는 요청의 수

# 세는 것: 이름, 그리고 그만큼.

site-count-slow-readers = { $count ->
   *[other] 느리게 읽는 클라이언트 { $shown }개
 }
site-count-stalled-readers = { $count ->
   *[other] 읽지 않는 클라이언트 { $shown }개
 }
site-count-slow-uploads = { $count ->
   *[other] 느린 업로드 { $shown }개
 }
site-count-slow-headers = { $count ->
   *[other] 느린 헤더 { $shown }개
 }
site-count-idle-connections = { $count ->
   *[other] 유휴 연결 { $shown }개
 }
site-count-burst = { $count ->
   *[other] 동시 요청 { $shown }개
 }
site-count-plain-load = { $count ->
   *[other] 초당 요청 { $shown }개
 }
site-count-outage = { $count ->
   *[other] 장애 { $shown }초
 }
site-count-retries = { $count ->
   *[other] 장애 { $shown }초
 }
site-count-vanished-backend = { $count ->
   *[other] 백엔드 { $shown }개
 }
site-count-reload = { $count ->
   *[other] 이전 워커에서 받고 있는 클라이언트 { $shown }개
 }
site-unit-slow-readers = 느리게 읽는 클라이언트
site-unit-stalled-readers = 읽지 않는 클라이언트
site-unit-slow-uploads = 느린 업로드
site-unit-slow-headers = 느린 헤더
site-unit-idle-connections = 유휴 연결
site-unit-burst = 동시 요청
site-unit-plain-load = 초당 요청
site-unit-outage = 장애 시간(초)
site-unit-retries = 장애 시간(초)
site-unit-vanished-backend = 백엔드
site-unit-reload = 이전 워커에서 받고 있는 클라이언트

# 하나하나가 하는 일.

site-what-slow-readers = { $size } 응답을 { $rate } 속도로 읽음
site-what-stalled-readers = { $size } 응답을 받으면서 한 바이트도 읽지 않음
site-what-slow-uploads = { $size } 본문을 { $rate } 속도로 보냄
site-what-slow-headers = 요청 헤더를 1 B/s로 보냄
site-what-idle-connections = 연결만 하고 아무것도 요청하지 않음
site-what-burst = 페이지 하나씩, 모두 같은 100 ms 안에
site-what-plain-load = 페이지 하나씩, { $within } 안에 오지 않으면 실패
site-what-outage = 그동안 아무에게도 답하지 않는 데이터베이스, 초당 페이지 { $rate }개; 방문자는 돌아온 뒤에 옴
site-what-retries = 같은 장애, 초당 페이지 { $rate }개, { $patience } 기다린 사람은 다시 요청, { $times }번까지
site-what-vanished-backend = gunicorn과 그 워커를 강제 종료하고, 아무도 다시 시작하지 않음
site-what-reload = { $size } 응답을 { $rate } 속도로 읽는 동안 gunicorn, 이어서 nginx에 reload
site-control-downloads = 같은 수의 빠른 다운로드
site-control-uploads = 같은 수의 빠른 업로드
site-control-patient = 같은 길이의 장애, 아무도 다시 요청하지 않음

site-left-out-loop = 해 보지 않음: { $class } 루프에서는 모두가 한꺼번에 기다리므로 outage를 본다
site-left-out-reload = 해 보지 않음: 시뮬레이션은 gunicorn이 하나일 때만 reload하는데, 여기에는 { $instances }개 있음. 그중 하나에 붙은 사람이 겪는 일은 `--only reload --set backend.instances=1`로 볼 수 있고, 하나씩 차례로 reload하면 그동안 오는 요청은 나머지가 받음
site-left-out-kill = 해 보지 않음: 시뮬레이션은 gunicorn이 하나일 때만 강제 종료하는데, 여기에는 { $instances }개 있음. 사라진 쪽에서 응답을 받던 사람은 나머지를 받지 못함. { $next ->
    [yes] 그 밖의 요청은 nginx가 다음 서버로 넘기고(proxy_next_upstream), 남는 것은 { $left }
   *[no] proxy_next_upstream에 `error`가 없어 그 서버를 만난 사람은 max_fails로 제외될 때까지 502를 받고(nginx 기본값은 `error timeout`), 남는 것은 { $left }
 }: 그것으로 얼마나 버티는지는 `--set backend.instances={ $rest }`
site-left-slots = { $count ->
   *[other] 슬롯 { $count }개
 }
site-left-gunicorns = { $count ->
   *[other] gunicorn { $count }개
 }
site-left-out-short = 해 보지 않음: { $size } 응답을 { $rate } 속도로 받아도 누군가 종료를 지시받기 전에 끝남
site-left-out-murdered = 해 보지 않음: 그보다 오래 보내는 워커는 reload와 상관없이 gunicorn의 timeout({ $timeout })에 걸려 종료됨

# 답의 문장.

site-left-out = { $threat }: { $why }
site-inconclusive = { $threat } ({ $what }): 판정할 수 없음. 이것이 없어도 방문자가 실패한다
site-holds = { $threat } ({ $what }): { $most }까지 실패하는 방문자가 없다
site-breaks = { $threat } ({ $what }): 첫 방문자가 실패하는 지점은 { $first }
site-from-addresses = { $clients }(주소 { $addresses }개 이상에서)
site-half = 절반
site-most = 95 %
site-as-well = { $share }도 같은 지점
site-share-at = { $share }: { $at }
site-share-not-up-to = { $share }: { $most }까지는 아님
site-seeds = (시드 { $seeds }개 중 { $agree }개)
site-range = { $from }~{ $to }
site-how = { $status }, { $after }초 뒤 ({ $by }); 로그: "{ $log }"; 한계: { $limit }
site-how-briefly = { $status }, { $after }초 뒤
site-no-answer = 응답 없음
site-control = { $what } ({ $count }): { $came }
site-nobody-fails = 아무도 실패하지 않음
site-share-fails = { $share } 실패
site-cell-not-up-to = { $most }까지 없음
site-cell-inconclusive = 판정 불가

site-cure = { $threat }: { $settings }: { $before } -> { $after }
site-cure-none-up-to = { $most }까지 없음
site-cure-then = (그다음 한계: { $limit })
site-cure-price = 값: { $price }
site-and = { $one } + { $other }
site-bar-now = 지금 { $count }
site-bar-then = 바꾼 뒤 { $count }
site-more-than = { $most } 초과

site-lowers = 이 변경으로 낮아진다. { $unit }: { $before } -> { $after }
site-raises = 이 변경으로 높아진다. { $unit }: { $before } -> { $after }
site-no-longer = 사라진 것: { $line }
site-moves-nothing = 이 변경으로 옮겨 가는 한계는 없다

# 방문자가 실패하는 모습.

site-by-read-timeout = proxy_read_timeout, { $timeout }
site-by-patience = 방문자 자신의 인내심
site-by-too-late = 응답했지만 너무 늦음
site-by-closed = 닫힌 연결
site-by-no-descriptor = 남은 디스크립터 없음
site-by-no-connection = 남은 연결 없음
site-log-nothing-499 = 에러 로그에는 없음; 액세스 로그에 499
site-log-worker-timeout = gunicorn: WORKER TIMEOUT, 붙잡힌 워커가 강제 종료된 곳에
site-log-large-time = 없음; 큰 $request_time
site-log-nothing = 그 이름을 말하는 줄 없음
site-log-fewer-bytes = 에러 로그에는 없음; 액세스 로그의 바이트 수가 응답보다 적음
site-limit-descriptors = nginx의 디스크립터: 프로세스마다 { $count }
site-limit-connections = nginx의 연결: { $count }
site-limit-queue = accept 큐: backlog { $count }
site-limit-hoarded = 워커: 스레드 { $slots }개, 그리고 그 뒤에 쌓아 둔 연결
site-limit-slots = 워커: 슬롯 { $slots }개
site-limit-loops = 워커: { $class } 루프
site-limit-only-backend = 하나뿐인 백엔드, 그리고 그것을 누가 다시 시작하는가

# 처방의 값.

site-price-buffering = 클라이언트마다 { $size }까지의 임시 파일: { $count }개일 때 디스크 { $disk }
site-price-request-buffering = 업로드마다 먼저 임시 파일에서 기다림: 가장 큰 것 { $count }개일 때 디스크 { $disk }
site-price-workers = 프로세스 { $count }개만큼의 메모리; 한계는 옮겨 갈 뿐 없어지지 않음
site-price-gthread = 워커가 gthread가 됨: 애플리케이션이 스레드에 안전해야 함
site-price-threads = 락 하나를 나눠 쓰는 스레드가 늘어남: CPU를 많이 쓰는 페이지가 함께 느려짐
site-price-descriptors = 디스크립터 { $count }개. 서비스의 하드 리밋(LimitNOFILE)이 허락해야 한다
site-price-connections = 연결마다 디스크립터 하나: worker_rlimit_nofile { $count } 이상
site-price-limit-conn = 주소 하나를 함께 쓰는 사람들(사무실, 이동통신망)은 요청 { $count }개를 나눠 쓰며, 그보다 많으면 503을 받음
site-price-header-timeout = 회선이 나빠 헤더에 더 오래 걸리는 클라이언트는 408을 받음
site-price-idle-timeout = 미리 연결해 두는 브라우저는 다시 연결해야 함
site-price-send-timeout = 그보다 오래 멈추는 회선의 클라이언트는 다운로드를 잃음
site-price-graceful = 이전 워커가 새 워커 옆에 { $hold }까지 남음: 그동안 메모리가 두 배
site-price-shutdown = 이전 nginx 워커가 가장 느린 클라이언트만큼 오래, 저마다 메모리를 쥐고 남음
site-place-events = nginx.conf의 events
site-place-http = nginx.conf의 http
site-place-beside = { $place } 옆

# 읽은 것.

site-read-no-nginx = nginx 설정이 주어지지 않아 기본값으로 대신함 (--nginx FILE)
site-read-location = { $server } `{ $location }` -> { $to } ({ $at }): { $matched }
site-read-location-by = { $server } `{ $location }` ({ $way } 경유) -> { $to } ({ $at }): { $matched }
site-read-reaches = gunicorn이 거기서 받음 ({ $bind })
site-read-conflict = 어긋남: gunicorn은 { $bind }에서 받음. 이 location일 것이라고 가정함
site-read-untold = gunicorn이 거기서 받는다고 가정함: { $why }
site-unsure-location = `{ $location }` location이 gunicorn의 것인지: { $why } ({ $hint })
site-read-others = 아래 수와 무관한 다른 location: { $others }
site-read-gunicorn = gunicorn { $class } ({ $how })
site-read-workers = 워커 { $count }개
site-read-worker = 워커 1개
site-read-threads = 스레드 { $count }개
site-read-thread = 스레드 1개
site-read-makes-gthread = , 그래서 gthread가 됨
site-unsure-no-start = 시작 명령이 주어지지 않음: 명령의 옵션이 파일보다 우선함 (--gunicorn 'gunicorn …')
site-read-buffering-default = proxy_buffering on (기본값)
site-unsure-largest-given = 가장 큰 응답 ({ $size }, 직접 준 값)
site-unsure-largest = 가장 큰 응답: 8 KiB 페이지로 대신하므로 느리게 읽는 클라이언트가 드러나지 않음 (--largest SIZE)
site-unsure-page = 페이지: 기다림 10 ms, 8 KiB (--access-log FILE이 더 잘 앎)
site-unsure-assumed = { $key } { $value }: 가정, { $why }
site-unsure-not-played = 재생하지 않음: { $line }
site-unsure-more = 그 밖에 재생하지 않는 지시어 { $count }개 (`slowlab import`가 모두 보여 줌)
site-unsure-gthread = gthread: 한계점은 평균이고, 실행마다 크게 다르다. 다음 연결이 어느 워커로 가는지가 몇 초 사이에 바뀐다. 스레드 4개짜리 워커 9개에 느리게 읽는 클라이언트 18개일 때, 진짜 nginx와 gunicorn에서 방문자 30명 가운데 6명에서 27명이 실패했다
site-unsure-small = 이렇게 작은 응답은 소켓 버퍼에 다 들어간다: 느리게 읽어도 아무도 붙잡히지 않는다
site-unsure-no-upstream-times = 핸들러 시간: 로그에 $upstream_response_time이 없음
site-read-busiest-share = 가장 바쁜 시간의 부하는 사이트를 멈추는 평범한 부하의 { $share }
site-read-log = 액세스 로그: 요청 { $lines }개, 읽지 못한 줄 { $unparsed }개 · 크기 p50 { $half }, p99 { $most }, 최대 { $largest }
site-read-hour = 가장 바쁜 시간 { $hour }: 초당 요청 { $rate }개
site-read-handler-times = 핸들러 시간($upstream_response_time) p50 { $half } ms, p99 { $most } ms
site-read-request-times = 요청 시간($request_time: 느린 클라이언트의 시간이 들어 있어 상한) p50 { $half } ms, p99 { $most } ms

# 답 옆에서 하는 말.

site-no-numbers = 수를 말할 수 없음: { $why }
site-written = 저장함: { $path }
site-gate-failed = 실패: { $threat }: 첫 방문자가 { $at }에서 실패하며 { $least }보다 적음
site-gate-tried = 미정: { $threat }, { $most }까지만 해 봄
site-gate-inconclusive = 미정: { $threat }, 판정 불가
site-gate-held = 통과: { $threat } >= { $least }
site-confirm-nothing = 멈추는 것이 없어 확인할 것도 없다
site-confirm-takes = { $threat } 확인, 수 { $counts }, 엔진 { $engine }: 최대 { $time }, 디스크 { $disk }
site-confirm-told = { $engine }  { $count }: 방문자 { $measured } 실패, 시뮬레이션은 { $simulated }: { $agrees ->
    [yes] 일치
   *[no] 불일치
 }

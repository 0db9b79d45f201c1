# 숫자를 믿기 전에 살펴볼 것.

warning-partial = 실험이 도중에 끝났다. 숫자는 그때까지 잰 것뿐이다
warning-no-rows = 요청과 워커의 행을 남기지 않았다(`--rows none`). 그것이 필요한 발견과 차트가 빠져 있다
warning-timers-late = 실험이 시작되기 전에 이 컴퓨터의 타이머가 늦었다(중앙값 { $median }, 최악 { $worst }). 바빴다는 뜻이다. 그보다 작은 차이는 의미가 없다
warning-dropped = 보고를 잃었다({ $texts }). 세어 낸 수가 실제보다 적다
warning-observer-late = 관찰자가 늦었다(표본의 90 %가 최대 { $late }). 표본 사이의 큐 깊이가 빠졌을 수 있다
warning-relay-late = 클라이언트와 스택 사이의 릴레이가 늦었다(패킷의 1 %가 { $late } 이상{ $dropped ->
        [0] {""}
       *[other] , 이 기계가 버린 패킷 { $dropped }개
    }). 클라이언트가 계획보다 멀리 있던 셈이다
warning-clients-late = 클라이언트가 계획보다 최대 { $late } 늦게 시작했다(그중 99 %). 부하가 계획과 달랐고 `latency_us`에는 이 지연이 들어 있다
warning-temp-files = 프록시가 임시 파일에 쓰지 못해({ $times }번: { $text }) 요청을 끝냈다. 그 디스크를 비우거나 TMPDIR로 다른 곳을 정한다
warning-clients-kept = 클라이언트가 요청을 보내지 못했다: { $text }
warning-silent-group = { $group } 그룹은 준비 시간 뒤에 요청을 하나도 보내지 않았다. 이 그룹에 대해서는 아무 말도 할 수 없다
warning-doubt = 판정하지 않는다. { $text }
doubt-clients-starved = 클라이언트 스레드가 시간의 { $percent } % 동안 CPU를 쓰거나 기다렸다. 잰 것은 클라이언트 자신의 속도다
doubt-clients-began-late = 클라이언트에게 CPU가 없어 스택이 뜬 때보다 { $late } 늦게 시작했다. 계획한 부하가 아니다
doubt-clients-late = 클라이언트에게 CPU가 없어 요청 { $of }개 가운데 { $count }개가 최대 { $late } 늦게 시작했다. 계획한 부하가 아니다
doubt-stack-late = 워커에게 CPU가 없어 핸들러 { $of }개 가운데 { $count }개가 계획보다 최대 { $late } 더 기다렸다. 계획한 백엔드가 아니다
doubt-observer-late = 관찰자에게 CPU가 없었다. 표본 열에 하나는 { $late } 넘게 늦었다
doubt-relay-late = 클라이언트와 스택 사이의 릴레이에게 CPU가 없었다. 패킷 백에 하나는 { $late } 넘게 늦었는데 계획에서 가장 짧은 왕복은 { $rtt }이다

# 경고가 인용하는 사건.
quoted-lost = { $place ->
    [pipe] 백엔드의 보고 { $count }건: 보고 파이프가 가득 찼다
    [unreadable] 백엔드의 보고 { $count }건: 읽을 수 없었다({ $error })
   *[queue] 보고 { $count }건이 큐가 가득 차서 사라졌다
}
quoted-problem = { $count ->
        [1] { "" }
       *[other] 모두 { $count }번:{ " " }
    }{ $step ->
        [connect] 클라이언트가 연결하지 못했다
       *[read] 응답을 해석할 수 없다
    }: { $error }{ $remedy ->
        [ports] . 힌트: 이 대상으로 쓸 포트가 모두 사용 중이거나 TIME-WAIT에 있다. 클라이언트나 요청 빈도를 줄이거나 1분쯤 기다린다
        [files] . 힌트: 열린 파일의 한도를 올리거나(`ulimit -n`) 클라이언트를 줄인다
        [handles] . 힌트: 기계 전체에 파일 핸들이 남아 있지 않다(`fs.file-max`)
        [memory] . 힌트: 커널에 소켓 메모리가 없다. 버퍼를 줄이거나 클라이언트를 줄인다
        [queue] . 힌트: Unix 소켓의 accept 큐가 가득 찼다
       *[none] { "" }
    }
quoted-time-lost = { $which ->
    [suspended] 기계가 { $suspended } 동안 잠들어 있었다
    [stolen] 기계 CPU 시간의 { $stolen } 분량을 다른 쪽이 가져갔다
   *[both] 기계가 { $suspended } 동안 잠들어 있었다. CPU 시간의 { $stolen } 분량을 다른 쪽이 가져갔다
}

# 실행하지 않거나 계획과 다르게 실행하는 것: 매니페스트와 실험 조건, 기다리는 사람에게 보이는 말.
departure-no-stack = `{ $variant }` 변형은 nginx와 gunicorn이 없는 파이프라인이다
    .hint = lab에서 실행한다
departure-wall-clock = `{ $variant }` 변형은 `{ $tier }.read_timer = "wall-clock"`을 요구하는데 nginx에는 그런 타이머가 없다
    .hint = 다른 종류의 프록시를 나타내는 값이다. 이 변형은 lab에서 실행하거나 --variant로 나머지 변형을 고른다
departure-files-stay = `{ $variant }` 변형에는 `{ $key }` 키가 있는데, 실험의 사실을 진짜 프로그램의 파일에서 읽으므로 그 파일은 옮길 수 없다
    .hint = 이 변형은 lab에서 실행하거나 --variant로 나머지 변형을 고른다
departure-sick-proxy = `{ $variant }` 변형에는 스스로 고장 나는 프록시가 있는데 nginx에는 그렇게 시킬 방법이 없다
    .hint = 이 변형은 lab에서 실행하거나 --variant로 나머지 변형을 고른다
departure-fraction = `{ $variant }` 변형에는 `backend.{ $key } = "{ $value }"` 설정이 있는데 gunicorn은 초 단위 정수만 받는다
    .hint = `--set backend.{ $key }={ $rounded }`처럼 바꿔 준다
departure-lacks = `{ $variant }` 변형에는 { $what ->
        [line] 멀리 있는 클라이언트가
        [disk] 전용 디스크가
       *[slow-disk] 제때 응답하지 않는 디스크가
    } 필요한데 여기에는 없다: { $why }
departure-no-user = `{ $variant }` 변형에는 자기 사용자로 도는 프록시가 필요한데 여기에는 없다. { $why ->
        [locked] 다른 사용자는 `{ $folder }` 폴더를 지나 그 아래 소켓에 갈 수 없다(TMPDIR로 바꾼다)
       *[not-root] 다른 사용자의 프로세스는 root만 시작할 수 있고, 자기 소켓에는 소유자 자리의 권한만 적용된다
    }
departure-linger = gunicorn { $gunicorn } 버전은 계획이 { $linger } 동안 기다렸다 닫는 곳에서 바로 닫는다(26.0부터는 기다린다). 워커가 계획보다 일찍 풀려난다. `--set backend.linger=0s`로 계획을 여기에 맞출 수 있다
departure-nginx = nginx { $nginx }: 1.29.7부터 nginx는 백엔드와 HTTP/1.1로 통신하고 `Connection: close`를 보내지 않으며, upstream 블록의 서버마다 워커당 유휴 연결을 32개까지 유지한다. 여기의 기본값은 1.22의 것이다
note-linger = 계획은 닫을 때 { $linger } 동안 기다린다. gunicorn에는 그런 설정이 없어(26.0부터는 { $usual } 동안 기다리고 그 전에는 기다리지 않는다) gunicorn.conf.py가 닫는 함수를 바꿔 넣는다
note-proxies = 계획에는 프록시가 { $count }개 있다. { $file } 파일은 `listen`의 포트만 빼고 모두 같으며 손으로는 하나만 시작한다. TCP에서는 계획의 프록시마다 출발지 주소가 다르지만 여기서는 모두 하나를 같이 쓴다
note-backends = 계획에는 백엔드가 { $count }개 있다. nginx.conf에는 모두 적혀 있지만 손으로는 하나만 시작한다. 나머지는 폴더를 복사해 `bind`를 nginx.conf대로 바꾼 뒤 시작한다
note-acts = 계획에는 실행 도중 정해진 때에 보내는 신호와 바꾸는 설정이 있다. 손으로 실행할 때는 직접 해야 한다
note-probes = 계획에는 프로브가 있고, 그 결과에 따라 gunicorn을 다시 시작하는 오케스트레이터가 있을 수 있다. 손으로 실행할 때는 둘 다 없다
note-link = `clients.{ $group }.link` 설정은 slowlab이 실행한다. 이 파일들에는 클라이언트를 멀리 두는 것이 없다

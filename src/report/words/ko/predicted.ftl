# 실행하기 전: 산술과 시뮬레이션의 예측(src/report/predicted), 그리고 그 둘레에서 `slowlab show`와 `slowlab check`가 하는 말.

show-reproduces = 재현한 장애: { $incident }
show-variants = 변형
show-expectations = 기대
show-stack =
    { $edges ->
        [0] { "" }
        [1] 에지 →{ " " }
       *[other] 에지 { $edges }대 →{ " " }
    }{ $proxies ->
        [1] 프록시
       *[other] 프록시 { $proxies }대
    } → 워커 { $workers }개{ $fronts ->
        [1] { "" }
       *[other] . 한 그룹의 i번째 클라이언트가 가는 프록시: i mod { $fronts }
    }
show-what-will-happen = 무슨 일이 일어날까? `slowlab show { $name } --predict` 명령은 시나리오의 주장과 산술·시뮬레이션의 예측을 보여 준다. `slowlab run { $name }` 명령은 직접 실행해 보여 준다.

check-filled-in = 적지 않아 채워진 값(기본값)
check-newer-nginx = 더 새로운 nginx
check-newer-nginx-does = nginx는 1.29.7부터 백엔드와 `Connection: close` 없이 HTTP/1.1로 말하고, upstream 블록의 서버마다 유휴 연결을 워커당 32개까지 남겨 둔다. 여기 기본값은 1.22의 것이다. 새 동작은 `--set proxy.proxy_http_version=1.1 --set proxy.upstream.keepalive=32` 옵션으로 재현한다.

predicted-title = 예측
predicted-limits = 실행하지 않고, 평균 부하와 Linux 6.18에서 잰 커널 버퍼로 하는 산술이다. 점유 시간은 20 % 안팎, 실패 건수는 두 배 안에서 맞는다. CPU 시간, 우연, 그룹끼리 번갈아 주고받는 피해는 넣지 않는다.
predicted-twin = { $variant }, 위와 같음
predicted-simulated = 시뮬레이션의 예측
predicted-simulated-limits = 같은 기계를 커널 모델 위 가상 시간에서 돌린다. 실제 소켓에 견주면 점유 시간과 실패 건수는 5 % 안팎에서 맞고, 짧은 지연에는 실제 머신의 잡음이 없다.
predicted-sockets-only = 생략: `{ $key }`, 실제 소켓에서만 실행할 수 있다
predicted-too-long = 생략: 이벤트가 천만 개를 넘는다. 기다릴 수 있다면 `slowlab run --engine sim`
predicted-outcome =
    { $is_part ->
        [yes] 그중{ " " }
       *[no] { "" }
    }{ $outcome } { $count }건
predicted-held = 점유 { $hold }

predicted-until-the-end = 실행이 끝날 때까지
predicted-no-time = 1 ms 미만 동안
predicted-some-time = { $span } 동안

predicted-act = { $at }: { $act }
predicted-probe =
    { $probe }: { $every }마다 { $tier ->
        [edge] 에지
        [proxy] 프록시
       *[backend] 백엔드
    }에 { $kind ->
        [http] GET { $path }
       *[tcp] 연결
    }, 제한 시간 { $timeout }
predicted-restarts = 연달아 { $failures }번 실패하면 백엔드를 재시작한다: TERM, { $grace } 뒤에는 KILL
predicted-never-boots =
    { $fault ->
        [import] 어느 워커도 뜨지 못한다(종료 코드 3). 마스터는 1~2초 안에 종료 코드 3으로 멈추고, 멈추는 사이 워커가 또 실패하면 1로 멈춘다
        [missing] 어느 워커도 애플리케이션을 불러오지 못한다(종료 코드 4). 마스터는 1~2초 안에 종료 코드 4로 멈추고, 그사이 워커가 또 실패하면 1로 멈춘다
       *[crash] 워커가 뜨자마자 죽는다(종료 코드 7). 마스터는 곧바로 다음 워커를 fork하며, 워커 자리마다 초당 스무 번쯤 되풀이한다. 연결은 큐에서 기다린다
    }
predicted-no-brake = 일부러 늦춘 단계가 없다. 도구가 내는 속도가 그대로 나온다
predicted-brake = { $stages }: 최대 { $rate }
predicted-brake-waits =
    { $stages ->
        [1] 그 앞 단계들은 write에서, 뒤 단계들은 read에서 기다린다
       *[other] 일을 똑같이 나눠 맡아, 어느 하나만 병목은 아니다
    }

predicted-asks =
    { $group }: { $what ->
        [head] 요청 헤더를 보내는 속도 { $rate }
        [body] 요청 본문을 보내는 속도 { $rate }
       *[nothing] 연결만 하고 아무 말도 하지 않는다
    }
predicted-reads =
    { $group }: 응답 { $is_mean ->
        [yes] 평균{ " " }
       *[no] { "" }
    }{ $response }, { $how ->
        [slowly] 읽는 속도 { $rate }/s
        [keeps-open] 다 읽고도 닫지 않는다
        [stalls] { $after } 읽고 { $pause } 동안 멈춘다
       *[stops] { $after } 읽고 영영 멈춘다
    }
predicted-line = 회선 { $rate }, 왕복 { $rtt }
predicted-absorbed = 받아 두는 양:
predicted-hop =
    { $bytes }, { $hop ->
        [client-socket] 클라이언트의 소켓
        [buffers] 프록시의 버퍼
        [both-buffers] 두 프록시의 버퍼
        [temp-file] 프록시의 임시 파일(최대)
        [both-temp-files] 두 프록시의 임시 파일(최대)
        [between] 프록시 사이의 소켓
        [tcp-socket] 워커의 TCP 소켓
       *[unix-socket] 워커의 유닉스 소켓
    }
predicted-holds =
    { $by ->
        [all-fits] 전부 들어간다.{ " " }
        [excess] { $over } 넘치고{ $rate ->
            [none] { "" }
           *[other] , 빠지는 속도는 { $rate }/s
        }.{ " " }
       *[waiting] 요청을 기다리느라{ " " }
    }{ $place ->
        [worker] 워커
       *[slot] 슬롯
    } 하나가 { $is_cut ->
        [yes] 끊기지 않는다면{ " " }
       *[no] { "" }
    }{ $hold } 잡힌다{ $by ->
        [all-fits] { $closes ->
            [yes] (핸들러, 닫기)
           *[no] (핸들러)
        }
        [excess] { "" }
       *[waiting] { "" }
    }
predicted-cut =
    { $cut ->
        [worker-timeout] `timeout` { $limit }보다 길다. 워커는 { $in_silence ->
            [yes] 읽다가
           *[no] 보내다가
        } 1초 안에 강제 종료된다
        [send-timeout] 그 전에 프록시의 `send_timeout`({ $limit }) 때문에 끊긴다
        [wall-clock] 벽시계로 재는 `proxy_read_timeout`({ $limit }) 때문에 끊기고, 로그는 백엔드를 탓한다
       *[client-timeout] 그 전에 클라이언트 자신의 `timeout`으로 끝난다
    }
predicted-main-thread = 그 뒤 메인 스레드는 { $wait } 연결이 닫히기를 기다리며 아무도 accept하지 않는다
predicted-at-once =
    동시에 잡히는 수: { $slots ->
        [none] 최대 { $held }개, 제한이 없다
       *[other] { $place ->
            [worker] 워커
           *[slot] 슬롯
        } { $slots }개 중 최대 { $held }개
    }

predicted-others =
    나머지: 초당 { $rate }건 x { $service } = { $slots ->
        [none] 동시에 { $busy }개
       *[other] { $place ->
            [worker] 워커
           *[slot] 슬롯
        } { $slots }개 중 { $busy }개 사용
    }(리틀의 법칙)
predicted-left = 나머지에 남는 용량: 초당 { $rate }건, 그중 { $used } 사용
predicted-starved =
    { $from }부터 { $hold } 모든 { $place ->
        [worker] 워커가
       *[slot] 슬롯이
    } 잡혀 있다. 나머지는 기다린다
predicted-no-timer = 기다리는 곳은 accept 큐. 프록시가 없어 504로 답하는 것도 없다
predicted-timer =
    { $from ->
        [none] `{ $key }` { $limit }보다 짧다. 늦지만 504는 없다
       *[other] { $from }부터 504(`{ $key }` { $limit }), 이런 점유 한 번에 약 { $count }건
    }
predicted-overflow = accept 큐에 들어가는 수: { $room }개(backlog + 1). 약 { $count }건은 자리가 없다
predicted-turned-away =
    { $socket ->
        [unix] 즉시 거절{ $limit ->
            [none] { "" }
           *[other] : 502
        }
       *[tcp] SYN이 버려지고 1초 뒤 다시 시도한다. { $limit ->
            [none] 몇 초씩 늦는다
           *[other] `proxy_connect_timeout` { $limit } 뒤에 504
        }
    }

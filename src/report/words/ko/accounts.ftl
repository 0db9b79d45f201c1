# 종류마다 메시지 하나: 시간과 바이트가 어디로 갔는지, 이론은 무엇이라 하는지. 인자는 src/report/accounts에 있다.

accounts-title = 시간과 바이트가 간 곳, 그리고 이론이 말하는 것

account-time =
    { $group } 그룹의 요청 { $requests }건은 평균 { $latency_us } 걸렸다{ $starting_percent ->
        [0] { "" }
       *[other] . 클라이언트가 늦게 시작: { $starting_us } ({ $starting_percent } %)
    }{ $connecting_percent ->
        [0] { "" }
       *[other] . 연결 중: { $connecting_us } ({ $connecting_percent } %)
    }{ $accept_queue_percent ->
        [0] { "" }
       *[other] . accept 큐에서: { $accept_queue_us } ({ $accept_queue_percent } %)
    }{ $reading_percent ->
        [0] { "" }
       *[other] . 요청을 다 읽기까지: { $reading_us } ({ $reading_percent } %)
    }{ $handler_percent ->
        [0] { "" }
       *[other] . 핸들러에서: { $handler_us } ({ $handler_percent } %)
    }{ $sending_percent ->
        [0] { "" }
       *[other] . 더 보내지 못하는 워커에서: { $sending_us } ({ $sending_percent } %)
    }{ $held_in_proxy_percent ->
        [0] { "" }
       *[other] . 프록시에서: { $held_in_proxy_us } ({ $held_in_proxy_percent } %)
    }{ $draining_percent ->
        [0] { "" }
       *[other] . 클라이언트가 읽기까지 커널에서: { $draining_us } ({ $draining_percent } %)
    }

account-failure =
    { $group } 그룹의 { $how } { $requests }건. 끝낸 쪽: { $ended_by }. 로그가 탓하는 쪽: { $log_blames ->
        [client] 클라이언트
        [proxy] 프록시
        [backend] 백엔드
       *[nobody] 없음
    }. 실제로 느렸던 쪽: { $slow ->
        [client] 그 클라이언트 자신
        [application] 애플리케이션
        [generator] 부하 생성기
        [holders] { $slow_group ->
            [none] 요청을 보내지 않은 연결들
           *[other] { $slow_group } 그룹
        }
       *[nobody] 알려지지 않음
    }. 평균 { $stage_us } 동안 { $stage ->
        [starting] 시작이 늦었다
        [connecting] 연결하고 있었다
        [accept_queue] accept 큐에 있었다
        [reading] 요청이 읽히고 있었다
        [handler] 핸들러에 있었다
        [sending] 더 보내지 못하는 워커에 있었다
        [held_in_proxy] 프록시에 있었다
       *[draining] 커널에 있는 것을 클라이언트가 읽고 있었다
    }{ $held_ratio ->
        [none] { "" }
       *[other] . 그동안 슬롯 시간의 { $held_ratio }: 그쪽 차지, 주로 { $doing ->
            [reading] 요청 기다리기
            [send] 보내기
            [linger] 클라이언트가 닫기를 기다리기
           *[handler] 핸들러
        }
    }. 예: 요청 { $example }{ $held_by_count ->
        [0] { "" }
        [1] { "" }, 앞선 요청 { $held_by }
       *[other] { "" }, 앞선 요청들 { $held_by }
    }{ $reading_per_s_bytes ->
        [none] { "" }
       *[other] { " " }(클라이언트가 읽는 속도 { $reading_per_s_bytes }/s)
    }

account-limits =
    { $hop }, 커널의 시계로 본 { $group ->
        [none] { "" }
       *[other] { $group } 그룹의{ " " }
    }연결 { $connections }개. 늦춘 것{ $by_reader ->
        [0] { "" }
       *[other] . 읽지 않는 쪽: { $by_reader }개
    }{ $by_window ->
        [0] { "" }
       *[other] . 윈도: { $by_window }개
    }{ $by_send_buffer ->
        [0] { "" }
       *[other] . 송신 버퍼: { $by_send_buffer }개
    }{ $by_app ->
        [0] { "" }
       *[other] . 보낼 것이 없는 애플리케이션: { $by_app }개
    }{ $by_path ->
        [0] { "" }
       *[other] . 경로: { $by_path }개
    }

account-buffers =
    { $group } 그룹의 소켓 버퍼. 송신: { $asked_sndbuf_bytes ->
        [none] 요청 없음
       *[other] 요청 { $asked_sndbuf_bytes }, 허가 { $granted_sndbuf_bytes }
    }, 관찰 { $sndbuf_bytes }. 수신: { $asked_rcvbuf_bytes ->
        [none] 요청 없음
       *[other] 요청 { $asked_rcvbuf_bytes }, 허가 { $granted_rcvbuf_bytes }
    }, 관찰 { $rcvbuf_bytes }. 모델로는 그 사이에 { $predicted_bytes } 들어가고, 본 것 중 가장 많았을 때 { $most_bytes }

account-capacity = 용량: 한 번에 { $hold_us } 동안 잡히는 슬롯 { $slots }개는 초당 { $capacity_rate }건을 처리한다. 초당 { $offered_rate }건이 왔고(그 { $load_ratio }), 슬롯은 시간의 { $busy_ratio } 동안 잡혀 있었다

account-littles-law = 리틀의 법칙: 초당 { $rate }건이 { $stay_us }씩 머물면 백엔드에는 { $expected }건이 있다. 표본으로는 { $sampled }건, 차이 { $gap_percent } %

account-waiting = 대기: 부하 { $load_ratio }인 슬롯 { $slots }개에서 요청이 기다릴 확률은 { $queue_ratio }(얼랑 C), 평균 { $expected_us }(M/G/c, 도착의 퍼짐 { $arrival_spread }, 점유의 퍼짐 { $hold_spread }). 측정값 { $waited_us }

account-drain =
    비우기: { $rate_bytes ->
        [none] { $group } 그룹이 보내고 받는 것
       *[other] { $group } 그룹의 { $response_bytes }, { $rate_bytes }/s 속도로 { $expected_us }, { $drained_us ->
            [none] 온전히 온 것은 없다
           *[other] 측정값 { $drained_us }
        }
    }. 워커가 잡혀 있을 시간: { $hold_us ->
        [none] 실험이 끝날 때까지
       *[other] { $hold_us }
    }, 실제로는 { $held_us }

account-observer =
    { $core_percent ->
        [none] { "" }
       *[other] 관찰에 코어의 { $core_percent } %가 들었다.{ " " }
    }바이트를 { $looks }번 셌고, 가장 뜸할 때 간격은 { $widest_us }

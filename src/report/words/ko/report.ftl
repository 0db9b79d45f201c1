# 실험 하나를 한 문장으로: 피해, 까닭, 처방. `headline-종류`와 `cause-종류`를 `headline`에서 잇는다.

headline =
    { $is_plain ->
        [no] { $variant }에서: { $harm }
       *[yes] { $harm }
    }{ $reason ->
        [none] { "" }
       *[other] . { $reason }
    }{ $cure_variants_count ->
        [0] { $others ->
            [0] { "" }
           *[other] . 이 실험의 어떤 변형도 이를 고치지 못한다
        }
       *[other] . { $is_plain ->
            [no] 그렇지 않은 변형
           *[yes] 처방
        }: { $cure_variants }
    }

headline-failed =
    { $group } 그룹의 요청 { $requests }건 중 { $most }건이 { $how ->
        [cut] 도중에 잘렸다
        [truncated] 도중에 끊겼다
        [refused] 거절당했다
        [reset] 리셋당했다
        [timeout] 제때 응답을 받지 못했다
       *[status] { $how } 응답을 받았다
    }
headline-waited = { $group } 그룹의 요청 { $requests }건 중 { $slow }건이 오래 걸렸다(최대 { $longest_us })
headline-killed = gunicorn의 timeout 때문에 워커 { $killed }개가 죽었지만 느낀 클라이언트는 없다
headline-nothing = 아무도 피해를 입지 않았다. 요청 { $requests }건, 가장 느린 것이 { $slowest_us }
headline-untested = 요청이 하나도 없었다

cause-starvation =
    { $cause_holder_group ->
        [none] 요청을 보내지 않은 연결들
       *[other] { $cause_holder_group } 그룹
    }에 { $cause_all ->
        [worker] 하나뿐인 워커가
        [workers] 모든 워커가
       *[slots] 모든 슬롯이
    } { $cause_lasted_us } 동안 붙잡혀 있었다
cause-probe-kill = { $cause_probe } 프로브가 바쁜 백엔드를 { $cause_kills }번 재시작시켰다
cause-worker-timeout-in-send = 보내기만 하던 워커 { $cause_killed }개를 gunicorn의 timeout이 죽였다
cause-worker-timeout = 워커 { $cause_killed }개를 gunicorn의 timeout이 죽였다
cause-worker-killed-from-outside = 워커 { $cause_killed }개가 밖에서 죽었다
cause-full-unix-queue = Unix 소켓의 accept 큐가 가득 찼다
cause-syn-retries = accept 큐가 가득 차서 커널이 SYN을 버렸다
cause-edge-gives-up = 에지의 proxy_read_timeout({ $cause_timeout_us }) 타이머가 먼저 끝났다
cause-wall-clock-misfire = 프록시 스스로 읽지 않는 동안에도 proxy_read_timeout 시간이 흘렀다
cause-send-timeout = send_timeout({ $cause_timeout_us }) 타이머가 끊었다
cause-hoarding = 다른 워커가 비어 있는데도 맡을 스레드가 없는 워커 안에서 기다렸다
cause-loop-stalled = { $cause_holder_group ->
        [none] 핸들러 하나가
       *[other] { $cause_holder_group } 그룹의 핸들러 하나가
    } 워커의 다른 모든 일을 { $cause_lasted_us } 동안 막았다

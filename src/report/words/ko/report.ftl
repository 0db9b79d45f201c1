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
           *[other] { $best_variant ->
                [none] { $control_variants_count ->
                    [0] . 이 실험의 어떤 변형도 이를 고치지 못한다
                   *[other] . 처방인 변형은 없다(원인을 뺀 대조군: { $control_variants })
                }
               *[other] . 완전한 처방은 없고 { $best_variant } 변형이 { $left }건까지 줄인다
            }
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
        [unseen] 아무도 모르게 도중에 끊겼다
        [refused] 거절당했다
        [reset] 리셋당했다
        [timeout] 제때 응답을 받지 못했다
       *[status] { $how } 응답을 받았다
    }
headline-waited = { $group } 그룹의 요청 { $requests }건 중 { $slow }건이 오래 걸렸다(최대 { $longest_us })
headline-killed = gunicorn의 timeout 때문에 워커 { $killed }개가 죽었지만 느낀 클라이언트는 없다
headline-kept-back = { $group } 그룹의 응답 { $requests }건 중 { $kept }건이 최대 { $longest_us } 동안 한 바이트도 보이지 않다가 한꺼번에 왔다
headline-held = 아무도 피해를 입지 않았다. 그러나 { $group } 그룹은 요청 하나로 워커를 최대 { $longest_us } 동안 붙잡았다
headline-nothing = 아무도 피해를 입지 않았다. 요청 { $requests }건, 가장 느린 것이 { $slowest_us }
headline-untested = 요청이 하나도 없었다
headline-pipeline = { $stages }단계 가운데 { $position }번째인 { $stage } 단계가 브레이크다. 파이프라인은 { $lasted_us } 걸렸고 나머지는 모두 그 단계를 기다렸다
headline-pipeline-even = { $stages }단계 가운데 브레이크인 단계가 없다. 파이프라인은 { $lasted_us } 걸렸다

cause-starvation =
    { $cause_holder_group ->
        [none] 요청을 보내지 않은 연결들
       *[other] { $cause_holder_group } 그룹
    }{ $cause_beside_group ->
        [none] { "" }
       *[other] , { $cause_beside_group } 그룹
    }에 { $cause_all ->
        [worker] 하나뿐인 워커가
        [workers] 모든 워커가
       *[slots] 모든 슬롯이
    } { $cause_lasted_us } 동안 붙잡혀 있었다
cause-blocked-on-a-log = { $cause_role ->
        [worker] 워커 { $cause_worker }번
        [master] 마스터
       *[other] { $cause_role }
    } 쪽이 로그 한 줄을 쓰려고 { $cause_lasted_us } 기다렸다
cause-serves-nobody = 워커 { $cause_worker }번이 살아 있으면서{ $cause_state ->
        [none] { "" }
       *[other] (상태 { $cause_state })
    } { $cause_lasted_us } 동안 아무도 받지 않았다
cause-probe-kill = { $cause_probe } 프로브가 바쁜 백엔드를 { $cause_kills }번 재시작시켰다
cause-worker-timeout-in-send = 보내기만 하던 워커 { $cause_killed }개를 gunicorn의 timeout이 죽였다
cause-worker-timeout = 워커 { $cause_killed }개를 gunicorn의 timeout이 죽였다
cause-worker-killed-from-outside = 워커 { $cause_killed }개가 밖에서 죽었다
cause-slow-heartbeat = 하트비트가 느린 디스크를 기다리는 호출이다
cause-socket-refused = 소켓의 모드가 프록시를 막는다
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
cause-silent-hole = 프록시의 임시 파일({ $cause_file_bytes })이 가득 차서 백엔드가 { $cause_longest_us } 동안 아무 반응도 얻지 못했다{ $cause_killed ->
        [0] { "" }
       *[other] . 결국 gunicorn의 timeout이 워커를 죽였다
    }
cause-kept-back = { $cause_tier ->
        [edge] 에지가
        [inner] 안쪽 프록시가
       *[only] 프록시가
    } 백엔드가 조각조각 보내는 응답을 버퍼에 모은다
cause-stale-keepalive = 백엔드가 막 닫고 있던 유지 연결로 보낸 요청이었다
cause-no-live-upstreams = { $cause_peers ->
        [1] 하나뿐인 피어가
       *[other] 모든 피어가
    } { $cause_left_out_us } 동안 제외되었다{ $cause_blamed_groups_count ->
        [0] { "" }
       *[other] . { $cause_blamed_groups } 그룹의 요청이 { $cause_how ->
            [error] 실패했기 때문이다
           *[timer] { $cause_how } 타이머에 걸렸기 때문이다
        }
    }
cause-backend-stopped = 백엔드가 멈추라는 신호({ $cause_signal })를 받았다{ $cause_waiting ->
        [0] . 아무도 다시 띄우지 않았다
       *[other] . accept 큐에서 기다리던 연결이 함께 사라졌다
    }
cause-boot-failure = 새 워커 { $cause_workers }개가 뜨다가 끝났다({ $cause_exit_code ->
    [none] 신호 { $cause_signal }
   *[other] 종료 코드 { $cause_exit_code }
}){ $cause_how ->
        [halt] . 마스터도 그만두었다
       *[loop] { "" }
    }
cause-reload-cut = 리로드한 뒤 worker_shutdown_timeout({ $cause_timeout_us }) 타이머가 그보다 오래 걸리는 것을 모두 끊었다
cause-bufferbloat = 함께 쓰는 회선의 큐에서 { $cause_own ->
        [yes] 앞에 쌓인
       *[no] { $cause_holder_group } 그룹 앞으로 쌓인
    } { $cause_ahead_bytes } 뒤에 패킷이 { $cause_wait_mean_us } 동안 서 있었다
cause-retry-amplification = 원한 답은 { $cause_wanted }개인데 { $cause_asked }번 물었다
cause-slots-exhausted = 프록시의 worker_connections { $cause_slots }개가 모두 찼다{ $cause_holder_group ->
        [none] { "" }
       *[other] . 가장 많이 차지한 쪽은 { $cause_holder_group } 그룹이다
    }
cause-files-exhausted = 프록시에 남은 파일 디스크립터가 없었다{ $cause_files ->
        [none] { "" }
       *[other] (worker_rlimit_nofile { $cause_files })
    }{ $cause_holder_group ->
        [none] { "" }
       *[other] . 가장 많이 차지한 쪽은 { $cause_holder_group } 그룹이다
    }
cause-disk-full = 프록시의 임시 파일이 놓인 디스크{ $cause_disk_bytes ->
        [none] { "" }
       *[other] ({ $cause_disk_bytes })
    }에 남은 자리가 없었다
cause-upload-hold = 워커들이 요청 본문을 최대 { $cause_longest_us } 동안 기다렸다{ $cause_killed ->
        [0] { "" }
       *[other] . 그 때문에 gunicorn의 timeout이 워커 { $cause_killed }개를 죽였다
    }
cause-linger-hold = 모두 보낸 워커들이 상대가 닫기를 최대 { $cause_longest_us } 동안 기다렸다
cause-zombie-work = 아무도 기다리지 않게 된 요청에 워커 시간 { $cause_held_us } 만큼이 쓰였다
cause-load-without-cpu = 프로세스 { $cause_asleep }개가 D 상태로 잠들어 있다. 부하 평균은 작업 { $cause_active }개를 세지만 실행되는 것은 { $cause_running }개다
cause-deleted-but-open = { $cause_log } 로그는 옮겨진 뒤에도 계속 쓰인다. 이름 없는 파일이 { $cause_deleted_bytes } 차지한다
cause-hole-in-a-log = { $cause_log } 로그는 { $cause_size_bytes } 크기지만 디스크에는 { $cause_allocated_bytes }뿐이다. 나머지는 구멍이다

# 발견 한 가지에 메시지 하나. 어떤 인자가 있는지는 src/report/findings 에 있다. 인자 바로 뒤에는 받침에 따라 바뀌는 조사를 쓰지 않는다.

finding-starvation =
    { $at_s }부터 { $to_s }까지 { $all ->
        [worker] 하나뿐인 워커가
        [workers] 워커 { $workers }개 모두가
       *[slots] 워커 { $workers }개의 슬롯 { $slots }개 모두가
    } { $holder_group ->
        [none] 요청을 보내지 않은 연결들
       *[other] { $holder_group } 그룹
    }에 붙잡혀 있었다{ $holder_group ->
        [none] { "" }
       *[other] { " " }(그 시간의 { $doing_ratio }: { $doing ->
            [send] send 중
            [linger] 클라이언트가 닫기를 기다림
            [reading] 요청을 기다림
           *[handler] 핸들러 실행 중
        })
    }{ $beside_group ->
        [none] { "" }
       *[other] . { $beside_group } 그룹도 함께 붙잡았다
    }{ $stretches ->
        [1] { "" }
       *[other] . 이런 구간 { $stretches }개 중 가장 긴 것이다
    }. { $groups } 그룹의 요청 { $requests }건이 { $place ->
        [queue] accept 큐에서{ finding-starvation.peak }
        [worker] 이미 accept한 워커 안에서
       *[both] 슬롯을 기다리며({ $hoarded }건은 이미 accept한 워커 안에서, 나머지는 accept 큐에서{ finding-starvation.peak })
    } 최대 { $longest_wait_us } 동안 기다렸다
    .peak = { $accept_queue_peak ->
        [none] { "" }
       *[other] { " " }(가장 길 때 { $accept_queue_peak })
    }

finding-read-timeout-misfire =
    { $groups } 그룹의 요청 { $requests }건이 { $tier ->
        [edge] 에지의{ " " }
        [inner] 안쪽 프록시의{ " " }
       *[only] { "" }
    }proxy_read_timeout { $timeout_us } 만에 { $status ->
        [none] 응답 없이 끝났다
       *[other] { $status } 응답을 받았다
    }. { $place ->
        [worker] 그러나 어느 스레드도 아직 손대지 않은 요청이었다
       *[queue] 그러나 어느 워커도 아직 보지 못한 요청이었다
    }{ $handler_us ->
        [none] { "" }
       *[other] { " " }(핸들러 자체는 { $handler_us } 걸린다)
    }. 요청 { $example }번은 { $place ->
        [worker] 이미 accept한 워커 안에서
       *[queue] accept 큐에서
    } { $waited_us } 동안 기다렸다{ $sending_workers_count ->
        [0] { "" }
       *[other] . 그 앞에서는 워커 { $sending_workers }번이 { $sending_groups } 그룹에 send 중이었다
    }{ $spared ->
        [nobody] { "" }
        [senders] . send 중이던 요청은 그 타이머에 걸리지 않았다
       *[groups] . 워커를 붙잡은 { $sending_groups } 그룹은 그 타이머에 걸리지 않았다
    }

finding-zombie-work =
    아무도 기다리지 않게 된 { $groups } 그룹의 요청 { $requests }건을 워커가 실행했다. 헛되이 쓴 워커 시간: { $held_us }

finding-slow-heartbeat =
    표본의 { $percent } %에서 워커는 살아 있음을 마스터에게 알리는 utimensat 안에 잠들어 있었다. 그 파일의 디스크(worker_tmp_dir)가 느리고 그동안 아무도 응답받지 못한다
finding-socket-refused =
    프록시가 백엔드의 소켓에 연결할 수 없다(13: Permission denied){ $of ->
        [folder] . 폴더의 모드가 { $mode }이고 프록시는 통과할 수 없다
        [socket] . 모드가 { $mode }이고 프록시는 쓸 수 없다
       *[other] { "" }
    }. connect가 { $refusals }번 거절되었다
finding-full-unix-queue =
    Unix 소켓의 accept 큐가 가득 찼다{ $backlog ->
        [none] { "" }
       *[other] { " " }({ $backlog }자리와 하나 더)
    }. connect가 { $refusals }번 거절되었고 요청 { $requests }건이 곧바로 502 응답을 받았다{ $slowest_us ->
        [none] { "" }
       *[other] { " " }({ $slowest_us } 안에)
    }

finding-syn-retries =
    백엔드의 accept 큐가 가득 차서 커널이 SYN을 말없이 버렸다. { $told ->
        [retries] { finding-syn-retries.retries }
        [given-up] { finding-syn-retries.given-up }
       *[both] { finding-syn-retries.retries }. { finding-syn-retries.given-up }
    }
    .retries = 연결 { $connections }개는 재시도에서야 맺어졌다(최대 { $longest_us } 뒤)
    .given-up = 요청 { $requests }건은 proxy_connect_timeout { $timeout_us } 만에 504 응답을 받았다

finding-worker-timeout-in-send =
    워커 { $worker }번이 { $client_group ->
        [none] 클라이언트 하나
       *[other] { $client_group } 그룹의 클라이언트 { $client }번
    }에게 보내기만 하던 중 { $at_s }에 gunicorn의 timeout({ $timeout_us })으로 죽었다{ $client_group ->
        [none] { "" }
       *[other] . 그 클라이언트가 받은 양: { $received_bytes }{ $expected_bytes ->
            [none] { "" }
           *[other] { " " }/ { $expected_bytes }
        }
    }{ $logged_status ->
        [none] { "" }
       *[other] . 프록시 로그에는 { $logged_status } 상태로 남았다
    }{ $killed ->
        [1] { "" }
       *[other] { " " }(이렇게 죽은 워커 { $killed }개)
    }

finding-worker-timeout =
    워커 { $worker }번이 { $at_s }에 gunicorn의 timeout({ $timeout_us })으로 죽었다. 그때 { $doing ->
        [booting] 아직 준비되지 않은 상태였다
        [reading] 요청이 오기를 기다리고 있었다
        [body] 요청의 나머지를 기다리고 있었다
        [handler] 핸들러를 실행하고 있었다
        [one-handler] 핸들러 하나가 다른 모든 일을 막고 있었다
        [linger] 클라이언트가 닫기를 기다리고 있었다
        [main-thread-linger] 메인 스레드가 클라이언트가 닫기를 기다리고 있었다
        [no-beat] 하트비트가 멈춰 있었다
       *[nothing] 맡은 요청이 없었다
    }{ $in_hand ->
        [0] { "" }
       *[other] . 맡고 있던 요청 { $in_hand }건도 함께 끝났다
    }{ $killed ->
        [1] { "" }
       *[other] { " " }(send 밖에서 죽은 워커 { $killed }개)
    }

finding-worker-killed-from-outside =
    워커 { $worker }번이 { $at_s }에 밖에서 죽었다({ $exit_code ->
        [none] 신호 { $signal }
       *[other] 종료 코드 { $exit_code }
    }){ $replaced ->
        [yes] . 마스터가 그 자리에 다른 워커를 띄웠다
       *[no] { "" }
    }{ $killed ->
        [1] { "" }
       *[other] { " " }(이렇게 끝난 워커 { $killed }개)
    }

finding-probe-kill =
    { $probe } 프로브가 { $failures }번 잇달아 실패하여{ $last_outcome ->
        [none] { "" }
       *[other] { " " }(마지막: { $last_outcome })
    } { $at_s }에 백엔드가 종료 신호를 받았다{ $of ->
        [nothing] { "" }
        [worker] . 그때 하나뿐인 워커가 일하는 중이었다
        [workers] . 그때 워커 { $workers }개 중 { $busy }개가 일하는 중이었다
        [slots] . 그때 슬롯 { $slots }개 중 { $busy }개가 일하는 중이었다
       *[connections] . 그때 연결 { $busy }개를 맡고 있었다
    }{ $gone ->
        [gone] . { $took_us } 뒤에 사라졌다
        [killed] . { $took_us } 뒤에 맡은 것과 함께 강제로 죽었다
       *[not-seen] . 그 전에 실험이 끝났다
    }{ $kills ->
        [1] { "" }
       *[other] { " " }(모두 { $kills }번 재시작)
    }

finding-edge-gives-up =
    에지가 { $groups } 그룹의 요청 { $requests }건{ $asked ->
        [again] (모두 { $attempts }번 물음)
       *[once] { "" }
    }에 대한 기다림을 자신의 proxy_read_timeout { $timeout_us } 만에 그치고 504 응답을 냈다. 뒤의 프록시 로그에는 클라이언트가 떠난 것처럼 { $logged_status } 상태로 남았다{ $place ->
        [workers] . 모두 워커가 맡고 있던 요청이었다
        [queue] . 어느 워커도 아직 보지 못한 요청이었다
       *[both] . 그중 { $waiting }건은 어느 워커도 아직 보지 못한 요청이었다
    }

finding-wall-clock-misfire =
    { $tier ->
        [edge] 에지의{ " " }
        [inner] 안쪽 프록시의{ " " }
       *[only] { "" }
    }proxy_read_timeout({ $timeout_us }) 타이머가 { $timer ->
        [nginx] 끝나
       *[wall-clock] 프록시 스스로 읽지 않는 동안에도 흘러
    }, 백엔드는 준비되어 send 중이던 { $groups } 그룹의 요청 { $requests }건을 끊었다. 느린 클라이언트 탓을 업스트림이 뒤집어쓴다. 요청 { $example }번이 받은 양: { $received_bytes }{ $expected_bytes ->
        [none] { "" }
       *[other] { " " }/ { $expected_bytes }
    }

finding-send-timeout =
    { $tier ->
        [edge] 에지의{ " " }
        [inner] 안쪽 프록시의{ " " }
       *[only] { "" }
    }send_timeout({ $timeout_us }) 타이머가 { $groups } 그룹의 요청 { $requests }건을 끊었다{ $reading ->
        [0] { "" }
       *[other] . 그중 { $reading }건은 끝까지 읽고 있었지만 소켓이 제때 쓰기 가능해질 만큼 빠르지 못했다
    }

finding-disk-full =
    프록시의 임시 파일이 놓인 디스크{ $disk_bytes ->
        [none] { "" }
       *[other] ({ $disk_bytes })
    }에 남은 자리가 없었다. { $refused ->
        [0] { $requests ->
            [0] 끊긴 쪽은 이미 떠나고 없었다
           *[other] { $groups } 그룹의 응답 { $requests }건이 상태를 이미 보낸 뒤에 도중에서 끝났다
        }
       *[other] { $groups } 그룹의 요청 { $requests }건이 실패했다. 그중 { $refused }건은 요청 본문을 둘 자리가 없어 500을 받았다
    }

finding-hidden-truncation =
    { $groups } 그룹의 응답 { $requests }건이 도중에 끊겼다({ $expected_bytes } 중 { $received_bytes }). 그런데도 { $log ->
        [edge] 에지 로그에는 모두 200으로 남았다
        [proxy] 프록시 로그에는 모두 200으로 남았다
       *[none] 상태는 모두 200이었다
    }

finding-unseen-cut =
    { $groups } 그룹의 응답 { $requests }건이 도중에 끊겼는데({ $expected_bytes } 중 { $received_bytes }) 아무도 알 수 없다. 본문에 길이가 없으니 연결이 끝난 곳이 본문의 끝이다. 상태와 로그는 200이다

finding-spill =
    { $groups } 그룹의 응답 { $requests }건이 임시 파일을 거쳤다. 모두 { $spilled_bytes }{ $backend_us ->
        [none] { "" }
       *[other] . 백엔드는 { $backend_us } 뒤에 풀려났고(중앙값) 클라이언트는 { $client_us } 걸렸다
    }

finding-coordinated-omission =
    { $group } 그룹이 { $point ->
        [max] 최악의 경우
       *[other] { $point }에서
    } 실제로 느낀 시간: { $latency_us }(요청을 보내려던 때부터 셈). 보낸 때부터 세면 { $latency_from_send_us }처럼 보인다

finding-bufferbloat =
    { $groups } 그룹의 요청 { $requests }건이 최대 { $longest_us } 걸렸지만 사이트 탓이 아니다. { $way ->
        [up] 보내는 패킷이
       *[down] 받을 패킷이
    } 함께 쓰는 회선의 큐에서 평균 { $wait_mean_us }(최대 { $wait_max_us }) 기다렸다. 앞에 서 있던 것: { $ahead_bytes }({ $own ->
        [yes] 대부분 같은 그룹의 것
       *[no] { $holder_group } 그룹의 몫 { $holder_ratio }
    }). 큐의 크기: { $limit_bytes }

finding-hoarding =
    워커 { $worker }번이 스레드 { $threads }개로 처리할 수 있는 것보다 많은 연결을 accept했다. { $groups } 그룹의 요청 { $requests }건이 다른 워커의 스레드가 비어 있는데도 워커 안에서 최대 { $longest_us } 동안 기다렸다

finding-loop-stalled =
    { $holder_group ->
        [none] 핸들러 하나가
       *[other] { $holder_group } 그룹의 핸들러 하나가
    } 워커 { $worker }번의 다른 모든 일을 { $lasted_us } 동안 막았다{ $stalls ->
        [1] { "" }
       *[other] { " " }(이런 구간 { $stalls }개 중 가장 긴 것)
    }. 그동안 { $groups } 그룹의 요청 { $requests }건이 기다렸다

finding-silent-hole =
    { $groups } 그룹의 응답 { $requests }건이 프록시의 임시 파일({ $file_bytes })을 가득 채웠다. 클라이언트가 그 파일을 다 읽을 때까지 백엔드는 최대 { $longest_us } 동안 아무 반응도 얻지 못했다{ $killed ->
        [0] { "" }
       *[other] . 그렇게 기다리던 워커 { $killed }개를 gunicorn의 timeout이 죽였다
    }

finding-kept-back =
    { $tier ->
        [edge] 에지가
        [inner] 안쪽 프록시가
       *[only] 프록시가
    } { $groups } 그룹의 응답 { $requests }건을, 백엔드가 보내기 시작한 뒤에도 최대 { $longest_us } 동안 쥐고 있었다. 클라이언트는 읽으려고 기다리고 있었다. 조각조각 오는 응답을 버퍼에 모은 탓이다

finding-stale-keepalive =
    { $groups } 그룹의 요청 { $requests }건이 502 응답을 받았다. 백엔드가 막 닫고 있던 유지 연결로 보낸 요청이었다{ $repeated ->
        [0] { "" }
       *[other] . 같은 일을 당한 다른 요청 { $repeated }건은 새 연결로 다시 보냈다. GET은 그럴 수 있지만 POST는 그럴 수 없다
    }

finding-no-live-upstreams =
    { $groups } 그룹의 요청 { $requests }건이 곧바로 502 응답을 받았다("no live upstreams"). { $peers ->
        [1] 하나뿐인 피어가
       *[other] 피어 { $peers }개 모두가
    } { $left_out_us } 동안 제외되어 있었다{ $blamed_groups_count ->
        [0] { "" }
       *[other] . 그 까닭: { $blamed_groups } 그룹의 요청이 { $how ->
            [error] 거기서 실패했다
           *[timer] 거기서 { $how } 타이머에 걸렸다
        }
    }

finding-backend-stopped =
    백엔드가 멈추라는 신호({ $signal })를 받았고 아무도 다시 띄우지 않았다. { $groups } 그룹의 요청 { $requests }건을 받아 줄 곳이 없었다{ $waiting ->
        [0] { "" }
       *[other] . 그중 { $waiting }건은 이미 연결되어 accept 큐에서 기다리던 중에 리스너가 닫혔다
    }

finding-boot-failure =
    새 워커 { $workers }개가 뜨다가 끝났다({ $exit_code ->
        [none] 신호 { $signal }
       *[other] 종료 코드 { $exit_code }
    }){ $how ->
        [halt] . 애플리케이션을 불러올 수 없어서 마스터도 그만두었다
       *[loop] { $lasted_us ->
            [none] { "" }
           *[other] { " " }({ $lasted_us } 사이에)
        }. 마스터는 쉬지 않고 계속 fork한다
    }{ $requests ->
        [0] { "" }
       *[other] . { $groups } 그룹의 요청 { $requests }건은 워커를 만나지 못했다
    }

finding-reload-cut =
    프록시를 리로드한{ $reloads ->
        [0] { "" }
        [1] { "" }
       *[other] { " " }({ $reloads }번)
    } 뒤 worker_shutdown_timeout({ $timeout_us }) 타이머가 { $groups } 그룹의 요청 { $requests }건을 끊었다. 그때 요청의 나이: { $youngest_us }에서 { $oldest_us }까지. 어느 로그도 누구를 탓하지 않는다

finding-retry-amplification =
    { $groups } 그룹이 원한 답은 { $wanted }개였다{ $by ->
        [proxies] . 그런데 프록시들이 백엔드에 { $asked }번 물었다
        [both] . 그런데 요청을 { $made }건 보냈고, 프록시들이 백엔드에 { $asked }번 물었다
       *[clients] . 그런데 요청을 { $made }건 보냈다
    }{ $for_nobody ->
        [0] { "" }
       *[other] . 그중 { $for_nobody }건은 아무도 기다리지 않게 된 뒤에야 처리되었다
    }

finding-slots-exhausted =
    { $tier ->
        [edge] 에지의{ " " }
        [inner] 안쪽 프록시의{ " " }
       *[only] { "" }
    }worker_connections { $slots }개가 모두 찼다{ $holder_group ->
        [none] { "" }
       *[other] . 가장 많이 차지한 쪽: { $holder_group } 그룹의 연결 { $held }개
    }. { $requests ->
        [0] 연결 { $refusals }개가 받자마자 버려졌다
       *[other] { $groups } 그룹의 요청 { $requests }건이 거절당했다
    }. 백엔드가 한가한지 바쁜지는 상관없었다

finding-files-exhausted =
    프록시에 남은 파일 디스크립터가 없었던 일이 { $lacks }번이다{ $files ->
        [none] { "" }
       *[other] (worker_rlimit_nofile { $files })
    }{ $holder_group ->
        [none] { "" }
       *[other] . 그때 { $holder_group } 그룹의 연결 { $held }개가 임시 파일과 함께 열려 있었다
    }. 그때 온 요청은 잘리거나 거절당하거나 기다렸다

finding-upload-hold =
    워커들이 { $groups } 그룹의 요청 { $requests }건의 본문을 최대 { $longest_us } 동안 기다렸다{ $streams ->
        [proxy] . 프록시가 본문을 오는 대로 넘기기 때문이다(proxy_request_buffering off)
        [none] . 본문을 먼저 받아 줄 프록시가 없기 때문이다
       *[buffered] { "" }
    }{ $killed ->
        [0] { "" }
       *[other] . 그 때문에 gunicorn의 timeout이 워커 { $killed }개를 죽였다
    }

finding-linger-hold =
    { $whose ->
        [main-thread] 워커의 메인 스레드가
       *[worker] 워커들이
    } { $groups } 그룹의 클라이언트 { $requests }개에게 모두 보내고도 상대가 닫기를 기다렸다. 한 번에 최대 { $longest_us }, 모두 { $all_us }(gunicorn 26.0부터의 lingering close)

finding-hidden-by-the-kernel =
    커널의 소켓이 { $groups } 그룹의 응답 { $requests }건을 통째로 받아들였다(최대 { $largest_bytes }). 워커는 { $hold_us } 만에 풀려났고 클라이언트는 최대 { $client_us } 걸렸다. 소켓에 들어가지 않는 응답이라면 워커가 그만큼 붙잡힌다

finding-generator-saturated =
    부하를 만드는 쪽이 늦었다. 요청 { $of }건 중 { $requests }건이 예정보다 최대 { $longest_us } 늦게 시작되었다. 스택은 계획보다 가벼운 부하를 받았다

finding-serves-nobody =
    워커 { $worker }번이 { $at_s }부터 { $lasted_us } 동안 accept 큐에 연결이 { $accept_queue_peak }개까지 쌓이는데도 아무도 받지 않았다{ $connected ->
        [0] { "" }
       *[other] . 그동안 TCP 검사는 { $connected }번 성공했다. 아무도 받지 않은 연결도 커널이 맺어 주기 때문이다
    }{ $unanswered ->
        [0] { "" }
       *[other] . HTTP 검사 { $unanswered }번은 답을 받지 못했다
    }{ $active ->
        [yes] . 감독자에게는 active로 보인다(kill(pid, 0))
        [no] . 감독자에게는 없는 프로세스다
       *[not-seen] { "" }
    }{ $state ->
        [none] { "" }
       *[other] . 커널이 말하는 상태는 { $state ->
            [R] R, 코어의 { $cpu_ratio } 소비
            [S] S, 그저 기다리는 프로세스와 같은 상태{ $syscall ->
                [none] { "" }
               *[other] { " " }({ $syscall })
            }
            [D] D{ $syscall ->
                [none] { "" }
               *[other] { " " }({ $syscall })
            }
            [T] T, 멈춤
            [Z] Z, 죽었지만 아무도 거두지 않음
           *[other] { $state }
        }{ $threads ->
            [none] { "" }
           *[other] , 모든 스레드: { $threads }
        }{ $descriptors ->
            [none-left] . 디스크립터 { $fds }개가 모두 쓰이고 있다
           *[left] { "" }
        }
    }{ $deaf_workers ->
        [1] { "" }
       *[other] { " " }(이런 워커 { $deaf_workers }개)
    }

finding-blocked-on-a-log =
    { $role ->
        [worker] 워커 { $worker }번
        [master] 마스터
       *[other] { $role }
    }: { $at_s }부터 { $lasted_us } 동안 write에서 멈춰 있었다. { $log } 설정이 파이프이고 담긴 것을 아무도 꺼내지 않는다{ $role ->
        [master] . 멈춘 마스터는 아무도 죽이지 않고 아무도 띄우지 않는다
        [worker] . 기록할 요청에는 답했지만 다음 요청을 받지 못한다
       *[other] . 그 이벤트 루프는 모두의 것이다
    }{ $workers ->
        [0] { "" }
        [1] { "" }
       *[other] { " " }(워커의 이런 기다림 모두 { $workers }번)
    }

finding-load-without-cpu =
    { $at_s }부터 load average가 세는 태스크는 { $active }개, 그중 실행 중인 것은 { $running }개다. D 상태로 자는 프로세스가 { $asleep }개 있다. D는 실행처럼 세지만 CPU를 쓰지 않는다. 코어는 { $busy_ratio } 바쁘다{ $iowait_ratio ->
        [none] { "" }
       *[other] . 디스크를 기다린 시간 { $iowait_ratio }
    }{ $psi_io_ratio ->
        [none] { "" }
       *[other] , io 압력 { $psi_io_ratio }
    }{ $load ->
        [none] { "" }
       *[other] . load는 { $load }에 이르렀고 계속 오른다
    }

finding-deleted-but-open =
    { $log } 파일이 { $at_s }에 로테이션되었지만 쓰는 쪽은 듣지 못했다. { $written_to } 파일에 계속 쓰고 있고, 이름 없는 이 파일이 { $deleted_bytes } 크기로 df에만 잡힌다. 이름 있는 파일들은 { $named_bytes } 크기다

finding-hole-in-a-log =
    덧붙이지 않는 쪽이 쓰는 { $log } 파일이 비워졌다. { $at_s }부터 있던 자리에서 이어 쓰므로 크기는 { $size_bytes }, 디스크에는 { $allocated_bytes }뿐이다. 나머지는 구멍이고 다음 복사가 그것을 실제로 쓴다

finding-brake =
    브레이크는 { $stage } 단계다. 살펴본 때의 { $at_work_ratio } 동안 제 일을 하고 있었고, 다른 단계는 많아야 { $next_ratio } 동안 그랬다. 앞 단계들은 write에서, 뒤 단계들은 read에서 기다린다
finding-no-brake =
    브레이크인 단계가 없다. 제 일을 가장 오래 한 { $stage } 단계가 살펴본 때의 { $at_work_ratio } 동안, 그다음 단계가 { $next_ratio } 동안 일했다
finding-stage-spilled =
    { $stage } 단계는 메모리 { $memory_bytes } 외에 임시 파일 { $temp_bytes } 분량을 썼다. 다 읽고 나서야 말할 수 있는 단계가 있으면 파이프라인에도 중간 파일이 있다

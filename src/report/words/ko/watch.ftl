# 실시간 화면(`run --watch`)과 진행 줄.

watch-phase = { $phase ->
    [starting] 시작하는 중
    [warm-up] 준비 구간
    [draining] 정리 구간
    [settling] 마무리하는 중
   *[running] 실행 중
}
watch-left = 남은 시간 약 { $left }
watch-left-at-most = 남은 시간 최대 { $left }
watch-stages = 단계
watch-stage = { $state ->
    [works] 일하는 중
    [room] 자리를 기다림
    [input] 입력을 기다림
   *[ended] 끝남
}
watch-key-works = 일
watch-key-room = 자리 없음
watch-key-input = 입력 없음
watch-workers = 워커
watch-worker = 워커 { $worker }
watch-busy = { $slots ->
    [none] { $busy }개 바쁨
   *[other] { $slots }개 중 { $busy }개 바쁨
}
watch-key-handler = 핸들러
watch-key-client = 클라이언트
watch-key-idle = 쉼
watch-more = { $lanes }개 더, 그중 { $busy }개 바쁨
watch-no-lanes = 아직 아무 워커도 보고하지 않았다
watch-state = { $state ->
    [booting] 부팅
    [idle] 쉼
    [reading] 헤더 읽기
    [body] 본문 읽기
    [app] 핸들러
    [send] 보내기
    [linger] 닫기 대기
   *[gone] 없음
}
watch-queue = accept 큐
watch-open = 열린 연결 { $connections }개
watch-now-most = { $now }, 최대 { $most }
watch-bytes = 기다리는 바이트
watch-no-bytes = 아직 없음
watch-unix = 워커: Unix 소켓
watch-done = 끝남
watch-failed = 실패
watch-no-requests = 아직 끝난 요청이 없다
watch-end = q 또는 Ctrl-C를 누르면 실험을 끝내고 지금까지 잰 것을 남긴다
watch-no-terminal = `--watch`에는 터미널이 필요하다. 여기에는 없으므로 진행 상황을 줄로 알린다
watch-no-time = `--watch`: 시뮬레이션은 가상 시간에서 지나가므로 지켜볼 것이 없다. 움직이는 모습은 보고서의 재생에서 볼 수 있다

progress-phase = { $phase ->
    [starting] 시작
    [warm-up] 준비
    [draining] 정리
    [settling] 마무리
   *[running] 실행
}
progress-running = { $scenario } 실행 중
progress-line = { $heading }: { $phase } { $elapsed }/{ $duration }s 남음 { $left }s 바쁨 { $busy } 큐 { $queue }
progress-failed = 실패 { $failed }
progress-simulating = { $heading }: 가상 { $elapsed }/{ $duration }s { $pace } 연결 { $held } 바쁨 { $busy }
progress-simulated = { $heading }: 가상 { $elapsed }s, 걸린 시간 { $wall }, { $pace }
progress-pace = 사건 { $events } 초당 { $rate }
progress-pipeline = { $heading }: { $elapsed }s, 길어야 { $most }s

# 실행이 진행 상황 밖에 하는 말.
run-left-out = 제외함: { $why }
run-left-out-scenario = 제외함: { $scenario } 시나리오의 `{ $key }` 키에는 `--engine { $engine }` 옵션이 필요하다
run-kept = 그때까지 잰 결과: { $path }
run-interrupted = 중단됨. { $kept }
run-stopped = 중단됨. 그때까지 끝나지 않은 것은 이 결과에 들어 있지 않다
run-report-interrupted = 보고서를 쓰는 중에 중단됨. 잰 값은 { $path } 폴더에 모두 남아 있고 `slowlab report { $path }` 명령으로 보고서를 쓸 수 있다
talk-report = 보고서: { $path }
remains-note = 참고: { $text }
remains-swept = 강제 종료된 slowlab이 남긴 것: { $count ->
        [0] 프로세스 없음.
       *[other] 프로세스 { $count }개를 끝냈다({ $pids }).
    } { $removed ->
        [true] { $folder } 폴더는 지웠다
       *[other] { $folder } 폴더는 지울 수 없다
    }

# report.html. `page-js`로 시작하는 메시지는 스크립트로 가며, 인자의 값 대신 중괄호로 묶은 이름이 들어간다.

page-partial = 중간에 끊긴 실험이다. 숫자는 그때까지 일어난 일만 담고 있다.
page-picture = 무슨 일이 있었는가, 하나의 시간축 위에서
page-role-sick = 피해
page-role-cure = 처방
page-role-well = 피해 없음
page-key = 채움: 핸들러가 일하는 중 · 빗금: 워커가 클라이언트나 로그를 기다리는 중 · × 실패, ××× 많은 실패 · 회색: 준비와 정리 구간
page-key-lanes = 채움: 핸들러가 일하는 중 · 빗금: 워커가 클라이언트를 기다리는 중 · × 강제 종료
page-level = 파선: { $timer }
page-lane-of = 백엔드 { $instance } 워커 { $worker }
page-seconds = 초
page-not-measured = 측정 안 됨
page-up-to = 최대 { $most }
page-accept-queue = accept 큐
page-waiting-bytes = 기다리는 바이트
page-little = 거의 없음
page-spot = { $place ->
    [unix] 워커에서 프록시로(Unix, 큐 하나)
   *[other] { $holder ->
        [client] 클라이언트
        [edge] 에지
        [worker] 워커
       *[proxy] 프록시
    }: { $place ->
        [memory] 메모리
        [file] 임시 파일
        [send] 송신 큐
       *[receive] 수신 큐
    }
 }
page-spot-line = 함께 쓰는 회선: 큐
page-warm-up = 준비 구간
page-drain = 정리 구간
page-lane = 워커 { $worker }
page-lane-slot = 워커 { $worker } 슬롯 { $slot }
page-workers = 워커
page-slots = 워커의 슬롯
page-held-slots = 점유된 슬롯
page-kills = { $kills }개 강제 종료
page-silent = 요청 없음
page-held-by = { $group } 점유, { $span }
page-story-held = { $group } 그룹이 워커 시간 { $span } 점유
page-story-killed = 워커 { $kills }개가 타임아웃으로 강제 종료됨
page-story-idle = 워커가 바빴던 적이 없음
page-how-to-read = 비어 있는 줄은 누군가를 처리할 수 있는 워커다. 모든 줄이 차면 새 연결은 accept 큐에서 기다린다. 거기서 시간이 다 된 요청은 실패하지만, 그 요청을 처리했을 워커는 기다리기만 하고 있다. 요청은 시작하기로 한 시각에 그려져 있다.
page-thinned = { $variant }: 요청 { $all }건 중 { $kept }건을 눌러 볼 수 있다(실패 먼저). 그림에는 모두 나온다.
page-joined = { $variant }: 이어지는 짧은 구간은 하나로 그렸다({ $all }개 중 { $kept }개).
page-findings = 드러난 것
page-check-first = 숫자를 믿기 전에 확인할 것:
page-other-variants = 다른 변형
page-groups = 클라이언트 그룹마다 받은 것
page-variant = 변형
page-group = 그룹
page-requests = 요청
page-complete = 완결
page-ok = 정상
page-failures = 실패
page-from-send = { $point }(보낸 때부터)
page-hold = 점유 중앙값
page-groups-note = p50과 p99는 요청을 시작하기로 한 때부터 잰다. “보낸 때부터”는 클라이언트가 실제로 시작한 때부터 재므로, 느린 시스템이 기다리게 한 시간을 숨긴다. 실패와 시간 초과도 걸린 시간 그대로 들어 있고, 준비 구간의 요청은 빠져 있다. “점유”는 워커의 슬롯 하나가 한 요청에 묶여 있던 시간이다. –는 재지 않았거나 백분위수를 말하기에 요청이 모자란다는 뜻이다.
page-latency = 지연 시간, 변형을 나란히
page-percentiles = { $group } 그룹의 백분위별 지연 시간
page-percentile-axis = 요청의 백분위. 가장 느린 쪽에 자리를 넓게 주었다. 가는 점선: 실제로 보낸 때부터 잰, 순진한 숫자
page-over-time = 시간에 따른 모든 요청
page-over-time-note = 요청마다 시작하기로 한 시각에, 걸린 시간만큼의 높이로 찍었다. 네모는 일부러 느린 그룹의 요청, ×는 실패.
page-further = 그림 더 보기: 시간의 행방, 끝난 모습, 밀도, 올리기
page-split = 요청의 시간은 어디로 갔는가
page-split-note = 막대 하나는 그룹의 평균 요청이다. 보내려던 때부터 끝날 때까지이고, 단계는 당사자가 말한 때에 끝난다.
page-statuses = 요청이 어떻게 끝났는가, 시간에 따라
page-statuses-note = 막대는 요청이 끝난 때에 서 있고, 눈금은 모두 같다.
page-heat = 지연은 어디에 몰려 있는가
page-heat-note = 칸이 짙을수록 요청이 많다. 한 단계마다 몇 배씩 많아진다.
page-heat-told = 요청 { $count }개, 한 칸에 최대 { $most }개
page-uploads = 올라가는 길에 기다린 요청의 바이트
page-expectations = 기대한 것
page-verdict = 판정
page-expectation = 기대
page-condition = 조건
page-measured = 측정값
page-numbers = 워커, 큐, 프록시의 숫자
page-held-time = { $group } 그룹이 점유한 워커 시간
page-conditions = 실험 조건
page-scenario-file = 실행한 시나리오
page-redrawn = 여기 있는 모든 것은 이 페이지 옆의 CSV와 JSON 파일에서 다시 그릴 수 있다.
page-ok-row = 정상
page-harmed = { $of } 중 { $count } { $how ->
    [cut] 잘림
    [slow] 느림
   *[late] 늦음
}
page-logs = 로그가 하는 말과 실제로 일어난 일
page-accounts = 시간과 바이트가 간 곳, 그리고 이론의 말
page-truth = 실제로 일어난 일:
page-log-cure = 처방:
page-engine-lab = 측정: 한 대의 기계에서 진짜 소켓으로 돌린 우리 프록시, 서버, 클라이언트
page-engine-sim = 시뮬레이션: 가상 시간과 커널 버퍼의 모형
page-engine-reference = 측정: 이 기계의 진짜 nginx와 gunicorn
page-engine-mixed = 측정: 진짜 프로그램 하나와 우리 것 하나
page-condition-commit = 커밋
page-condition-engine = 엔진
page-condition-seed = 시드
page-condition-hash = 시나리오 해시
page-condition-started = 시작(UTC)
page-condition-kernel = 커널
page-condition-nofile = 열린 파일 한도(soft, hard)
page-condition-late = 타이머 틱의 지각
page-condition-median-and-worst = 중앙값 { $median }, 최악 { $worst }
page-condition-duration = 변형 하나의 길이
page-condition-spans = { $duration }(준비 { $warmup } 포함), 정리는 최대 { $drain }
page-condition-left-out = 제외: { $whose }
page-condition-shortfall = 계획과 다름: { $whose }
page-condition-note = 참고: { $whose }

page-js-play = 재생
page-js-pause = 멈춤
page-js-back = 한 걸음 뒤로
page-js-forward = 한 걸음 앞으로
page-js-speed = 속도
page-js-closer = 확대
page-js-wider = 축소
page-js-whole = 전체 시간
page-js-previous-failure = 이전 실패
page-js-next-failure = 다음 실패
page-js-time = 시각
page-js-keys = 키: ← → 이동, 스페이스 재생, + − 0 확대와 축소, n p 실패, Enter 열기, Esc 닫기.
page-js-keys-of-stages = 키: ← → 이동, 스페이스 재생, + − 0 확대와 축소.
page-js-workers = 워커 { $slots }개 중 { $busy }개 점유
page-js-workers-free = 워커 { $busy }개 점유
page-js-by = { $group } { $count }개
page-js-waiting = 클라이언트를 기다리는 워커 { $count }개
page-js-queue = accept 큐에 { $count }개
page-js-flow = 지난 4분의 1초 동안 지나간 양
page-js-rate = { $bytes }/s
page-js-held = 가는 중인 바이트 { $bytes }
page-js-open = 진행 중인 요청 { $count }건
page-js-failed = 지금까지 실패 { $count }건
page-js-request = { $group } 그룹의 요청 { $id }
page-js-click = 눌러서 여정 보기
page-js-lane = 워커 { $worker }: { $group } 그룹이 { $span } 동안 점유
page-js-at-work = 핸들러가 일하는 중
page-js-waits = 클라이언트를 기다리는 중
page-js-free = 비어 있음
page-js-journey = 요청 { $id }의 여정({ $group } 그룹, { $variant })
page-js-close = 닫기
page-js-client = 클라이언트
page-js-edge = 에지
page-js-proxy = 프록시
page-js-queue-lane = accept 큐
page-js-worker = 워커 { $worker }
page-js-step-began = 클라이언트가 시작한다
page-js-step-late = 클라이언트가 예정보다 늦게 시작한다
page-js-step-connected = 클라이언트의 연결이 맺어진다
page-js-step-accepted = { $tier }: 연결을 받아들인다
page-js-step-upstream = { $tier }: 뒤쪽과 연결된다. 연결은 accept 큐에서 기다린다
page-js-step-header = { $tier }: 응답의 헤더를 다 받았다
page-js-step-let-go = { $tier }: 뒤쪽 연결을 놓는다
page-js-step-timer = { $timer } 만료. { $tier }의 응답: { $status }
page-js-step-status = { $tier }: { $status } 응답으로 끝낸다
page-js-step-taken = 워커 { $worker } 차례가 된다(큐에서 { $span } 대기)
page-js-step-zombie = 워커 { $worker } 차례가 되었지만 기다리는 사람이 이미 없다
page-js-step-head = 워커 { $worker }: 요청을 다 읽었다
page-js-step-done = 핸들러가 끝나고 보내기 시작한다
page-js-step-released = 워커 { $worker }: 다시 비었다. 그중 { $span } 동안 send에서 막혀 있었다
page-js-step-killed = 워커 { $worker }: 강제 종료된다
page-js-step-first-byte = 클라이언트가 첫 바이트를 읽는다
page-js-step-last-byte = 클라이언트가 { $bytes } 읽기를 마친다
page-js-step-ended = 클라이언트의 요청이 끝난다: { $kind }
page-js-ended = { $span } 뒤 { $kind } 상태로 끝났다. 끝낸 쪽: { $by }.
page-js-not-carried = 이 요청은 페이지에 실려 있지 않다. requests.csv에 있다.

page-kernel = /proc의 상태
page-supervised = { $who }: { $says ->
        [active] active
        [gone] 없음
       *[unknown] 보지 못함
    }
page-probe-failed = { $all }번 중 { $failed }번 실패

page-engine-pipeline = 측정: 한 대의 기계에서 진짜 파이프로 이은 진짜 프로세스
page-how-to-read-stages = 한 줄이 단계 하나다. 관찰했을 때 무엇을 하고 있었는지를 몫으로 보여 준다: 일함, 올 것이 없어 read에서 잠, 쓴 것을 가져가는 이가 없어 write에서 잠. 쓰는 쪽이 write에서 잠든 동안 파이프는 가득 차 있고, 읽는 쪽이 read에서 잠든 동안 비어 있다. 잠들지 않는 쪽이 브레이크이고 나머지는 모두 그 단계를 기다린다.
page-story-brake = { $brake ->
        [none] 브레이크인 단계 없음
       *[other] 브레이크: { $brake }
    } · 걸린 시간 { $span } · 종료 { $exits }
page-js-stage-work = 일함
page-js-stage-read = read에서 잠
page-js-stage-write = write에서 잠
page-js-stage-gone = 끝남

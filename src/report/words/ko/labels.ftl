# 모든 보고서에 쓰이는 표 머리글, 판정, 사실의 이름표.

verdict-held = 맞음
verdict-failed = 틀림
verdict-undecided = 판단 불가
verdict-left-out = 제외
verdict-partial = 실험이 도중에 끝났다.
verdict-nothing-expected = 시나리오에 기대가 적혀 있지 않아 아무것도 판정하지 않았다.
verdict-nothing-judged = 판단한 것이 없다.
verdict-nothing-measured = 잰 것이 없다. 요청을 보낸 클라이언트가 없다.
verdict-required = 시나리오에 기대가 적혀 있지 않아 아무것도 판정하지 않았다. `--require-expectations`는 판정을 요구한다(종료 코드 3).
junit-judged = 실험을 판정했다
junit-ended = 실험이 끝까지 갔다
verdict-left-out-too = { $count }개는 제외했다. 그 변형을 돌리지 않았기 때문이다.
verdict-one-held = 하나뿐인 기대가 맞았다.
verdict-all-held = 기대 { $all }개가 모두 맞았다.
verdict-some-undecided = 틀린 것은 없지만 기대 { $all }개 중 { $undecided }개는 판단할 수 없다.
verdict-some-failed = 기대 { $all }개 중 { $failed }개가 틀렸다.
verdict-failed-and-undecided = 기대 { $all }개 중 { $failed }개가 틀렸고 { $undecided }개는 판단할 수 없다.

outcome-truncated = 도중에 끊김
outcome-refused = 거절됨
outcome-reset = 리셋됨
outcome-timeout = 포기
outcome-aborted = 중단
outcome-unfinished = 끝나지 않음
outcome-others = 그 밖

column-variant = 변형
column-group = 그룹
column-requests = 요청
column-ok = 성공
column-failures = 실패
column-from-send = 보낸 때부터
column-hold = 점유
column-busy = 바쁨
column-p99-of = { $group } p99
column-expectation = 기대
column-condition = 조건
column-measured = 측정값

text-note = p50과 p99는 요청을 보내려던 때부터 센다. `보낸 때부터`는 순진한 p99다. `점유`는 워커의 슬롯 하나가 요청 하나에 매인 시간(중앙값)이다. –는 재지 않았거나 그 백분위수를 말하기에 요청이 적다는 뜻이다.
text-findings = 드러난 것
text-found = { $variant }, { $at }: { $text }
text-warning = 주의: { $text }
text-results = 결과    { $path }
text-report = 보고서  { $path }
text-title = { $scenario } ({ $engine }, 시드 { $seed })

column-brake = 브레이크
column-lasted = 걸린 시간
column-answer = 줄
column-temp-files = 임시 파일
stage-none = 없음
fact-stage = 일함 { $work }, read { $input }, write { $room }, CPU { $cpu }, 메모리 { $memory }, 종료 { $exit };
fact-workers = 워커
fact-slots = 슬롯
fact-no-limit = 제한 없음
fact-busy = 바쁨
fact-blocked-in-send = send에서 막힌 시간
fact-largest-worker = 가장 큰 워커
fact-most-buffered = 워커가 쥔 최대 버퍼
fact-killed = timeout으로 죽은 워커
fact-deepest-queue = 가장 깊은 accept 큐
fact-depth = { $depth }{ $limit ->
        [none] { "" }
       *[other] { " " }(backlog { $limit })
    }
fact-refused = 가득 찬 큐가 거절
fact-proxy-held = { $tier ->
        [edge] 에지가 쥔 최대량
       *[proxy] 프록시가 쥔 최대량
    }
fact-spilled = { $tier ->
        [edge] 에지의 임시 파일로 간 양
       *[proxy] 임시 파일로 간 양
    }
fact-timer = { $tier ->
        [edge] 에지의 { $timer } 발동
       *[proxy] { $timer } 발동
    }
fact-times = { $count }번
fact-probe = 프로브 { $probe }
fact-probe-failed = { $attempts }번 중 { $failures }번 실패{ $kills ->
        [0] { "" }
       *[other] , 재시작 { $kills }번
    }

# 측정값, 그리고 판정할 수 없는 까닭.
judged-not = { $left } { $sign } { $right }: 아니다
judged-both = { $left } 그리고 { $right }
judged-either = { $left }; 또는 { $right }
judged-cut-short = 실험이 도중에 끊겼다. 그때까지는: { $text }
judged-doubted = `{ $variant }` 변형은 판정하지 않는다: { $why }. 측정값: { $text }
judged-not-run = `{ $variant }` 변형은 실행하지 않았다
judged-no-request = `{ $group }` 그룹은 요청을 보내지 않았다
judged-not-measured = `{ $name }` 값을 재지 않았다
judged-too-few = 값 { $count }개로는 `{ $name }` 값을 말할 수 없다
judged-no-group = `{ $name }` 그룹이 없다
judged-no-tier = { $tier ->
    [edge] 에지가 없다
   *[proxy] 프록시가 없다
}
judged-no-probe = `{ $name }` 프로브가 없다
judged-no-pipeline = 파이프라인이 없다
judged-no-machine = 머신의 부하를 보지 않았다
judged-no-logs = 로그를 보지 않았다
judged-no-limit = 이 워커들의 슬롯에는 제한이 없다
judged-unobserved = 워커를 관찰하지 않았다
judged-nothing-given-up = 오고 있던 응답을 포기한 클라이언트가 없다
judged-by-zero = 0으로 나눈다
judged-number = 조건이 아니라 수다
judged-condition = 수가 아니라 조건이다

# 틀린 곳을 둘러싼 말. 무엇이 틀렸는지는 영어로 말한다.
mistake-error = 오류
mistake-warning = 경고
mistake-hint = 힌트
mistake-in-variant = { $title } (`{ $variant }` 변형에서)
mistakes-in = `{ $what }`에서 틀린 곳 { $count }군데
mistakes = 틀린 곳 { $count }군데
check-good = { $what }: 좋다

# 스택에 가한 일. 차트와 예측이 함께 쓴다.
act-target =
    { $target ->
        [worker] 워커 { $age }
        [every-worker] 모든 워커
        [new-backend] 새 백엔드
        [proxy] 프록시
        [edge] 에지
       *[backend] 백엔드
    }
act-signal =
    { $target }에 { $signal }{ $knobs ->
        [none] { "" }
       *[other] , 설정 변경 { $knobs }
    }
act-fault =
    { $target }에 장애 { $fault }{ $knobs ->
        [none] { "" }
       *[other] , 설정 변경 { $knobs }
    }
act-rotation =
    { $log } 로그 로테이션({ $how }), { $is_told ->
        [yes] 쓰는 쪽에 알림
       *[no] 쓰는 쪽에 알리지 않음
    }{ $knobs ->
        [none] { "" }
       *[other] , 설정 변경 { $knobs }
    }
act-change = 설정 변경 { $knobs }

# 워크숍: 터미널, 브라우저, 유인물에서 레슨 본문을 둘러싼 말.

lesson-list = 레슨
lesson-minutes = { $minutes }분
lesson-course = { $title } ({ $minutes }분): { $lessons }
lesson-start = 여기서 하나를 풀려면 `slowlab workshop --terminal 2`
lesson-none = 그런 레슨은 없다: { $name }. 목록은 `slowlab workshop --list`
lesson-heading = 레슨 { $number }: { $title }

lesson-step-story = 티켓
lesson-step-predict = 예측
lesson-step-run = 실행
lesson-step-reveal = 확인
lesson-step-fix = 고치기
lesson-step-quiz = 설명하기
lesson-step-teacher = 강사용

lesson-answer-choice = 답 (1~{ $most })
lesson-answer-number = 예상 ({ $low }~{ $high })
lesson-answer-line = 0~{ $high } 사이의 숫자 아홉 개. 시각은 차례대로 { $times }
lesson-not-a-choice = 답이 아니다. 1~{ $most } 사이의 번호를 적는다
lesson-not-a-number = 답이 아니다. { $low }~{ $high } 사이의 숫자를 적는다
lesson-not-a-line = 답이 아니다. 0~{ $high } 사이의 숫자 아홉 개를 빈칸으로 띄어 적는다
lesson-locked = 예측을 잠갔다. 이제 돌려 본다.
lesson-plays = { $scenario }: 가상 시간에서 돌렸다
lesson-plays-lab = { $scenario }: 진짜 소켓에서 돌리는 중. 실제 시간만큼 걸린다
lesson-no-more = 레슨이 끝나기 전에 입력이 끝났다

lesson-you = 예측
lesson-simulated = 시뮬레이션
lesson-on-sockets = 진짜 소켓
lesson-grade = { $grade ->
    [right] 맞음
    [close] 비슷함
   *[far] 빗나감
}
lesson-curve-accept-queue = 수락 큐에서 기다리는 연결
lesson-curve-busy-workers = 연결을 잡고 있는 워커
lesson-curve-sending-workers = 그중 send에서 기다리는 워커
lesson-curve-proxy-bytes = 프록시에 쌓인 바이트
lesson-curve-failed = 지금까지 실패한 요청
lesson-most = 최대 { $most }

lesson-knobs = { $most ->
    [1] 이 가운데 하나만 바꾼다:
   *[other] 이 가운데 많아야 { $most }개를 바꾼다:
}
lesson-knob-now = 지금 { $now }
lesson-knob-values = 값: { $values }
lesson-fix-input = 키=값 (여럿이면 빈칸으로 띄어서, 그냥 Enter면 답 보기)
lesson-holds = 조건이 성립한다: { $measured }
lesson-holds-not = 아직 아니다: { $measured }
lesson-price = 치르는 값
lesson-mended = { $attempts }번째 시도에서 고쳤다.
lesson-solutions = 통하는 길과 저마다의 값
lesson-traps = 처방처럼 보이지만 아닌 것
lesson-no-setting = "{ $text }": 설정이 아니다. 키=값으로 적는다
lesson-no-knob = 여기서 바꿀 수 없는 키: { $key }. 바꿀 수 있는 키: { $keys }
lesson-too-many-knobs = 바꾼 것 { $asked }개, 허락된 것 { $most }개

lesson-quiz-right = 맞다.
lesson-quiz-wrong = 아니다. 답: { $right }
lesson-score = 맞거나 비슷한 예측: { $asked }개 중 { $near }개. 고치기: { $attempts ->
    [0] 못 고침
   *[other] { $attempts }번째 시도에서 고침
}. 설명: { $questions }개 중 { $explained }개.
lesson-fine = { $lesson }: 적힌 것이 모두 그대로다
lesson-faults = 적힌 것과 다른 레슨: { $count }개

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
lesson-curve-accept-queue = accept 큐에서 기다리는 연결
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

stage-clients = 처음 1초 안에 클라이언트 { $clients }개가 온다({ $groups }). { $held ->
    [yes] 그대로 머문다
   *[no] 끝나면 떠난다
}
stage-master = 마스터
stage-worker = 워커
stage-proxy = 프록시(자기 프로세스)
stage-clients-are = 클라이언트는 slowlab 자신 안에 있다
stage-try = 다른 터미널에서:
stage-strace-worker = 워커: 안에서 기다리는 호출 하나, 그뿐이다
stage-wchan = 같은 것을 커널 쪽에서
stage-lsof = 들고 있는 소켓과 파일
stage-ss-proxy = 클라이언트로 가는 소켓. Send-Q와 그 아래 줄의 한계
stage-ss-backend = 워커 앞의 accept 큐. Recv-Q
stage-strace-proxy = 프록시는 여럿을 한꺼번에 기다린다. epoll_wait
stage-curl = 방문자 한 명
stage-logs = 로그와 임시 파일
stage-ends = 끝내려면 Ctrl-C

lesson-right = 맞음
lesson-close = 비슷함
lesson-far = 빗나감
lesson-lock = 예측을 잠그고 돌리기
lesson-lock-first = 먼저 모든 물음에 답한다
lesson-go-on = 계속
lesson-try = 돌려 보기
lesson-unplayable = 이 값들은 함께 돌릴 수 없다
lesson-show-answers = 모든 길 보기
lesson-before = 고치기 전
lesson-after = 지금
lesson-done = 맞거나 비슷한 예측: { $asked }개 중 { $near }개. 설명: { $questions }개 중 { $explained }개.
lesson-progress = 진행
lesson-progress-save = 파일로 저장
lesson-progress-load = 파일에서 불러오기
lesson-progress-new = 처음부터
lesson-progress-other = 레슨의 진행을 담은 파일이 아니다
lesson-presenter = 발표 화면
lesson-teacher-view = 강사용 노트
lesson-answer = 답
lesson-values = 값
lesson-number = 숫자
lesson-run-told = { $scenario }: 시뮬레이션이다. 커널 모형 위에서 nginx와 gunicorn과 똑같이 판단한다.
lesson-why-wrong = 자주 하는 오해
lesson-beside = 옆 터미널에서
lesson-made-by = slowlab이 만들었다. 모든 숫자는 시뮬레이션한 실행에서 나왔다.
lesson-lead = 예측하고, 돌리고, 예측 옆에 놓고 보고, 고치고, 설명한다. 하나에 길어야 10분이고 따로따로 써도 된다. 진행은 이 브라우저에 남는다.

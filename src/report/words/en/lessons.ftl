# The workshop: what is said around a lesson's own words, in the terminal, in the browser and in handouts.

lesson-list = Lessons
lesson-minutes = { $minutes } min
lesson-course = { $title } ({ $minutes } min): { $lessons }
lesson-start = `slowlab workshop --terminal 2` plays one of them here
lesson-none = There is no lesson { $name }. `slowlab workshop --list` has them all
lesson-heading = Lesson { $number }: { $title }

lesson-step-story = The ticket
lesson-step-predict = Predict
lesson-step-run = Run
lesson-step-reveal = Reveal
lesson-step-fix = Mend it
lesson-step-quiz = Explain it
lesson-step-teacher = For the teacher

lesson-answer-choice = Your answer (1 to { $most })
lesson-answer-number = Your guess, from { $low } to { $high }
lesson-answer-line = Nine numbers from 0 to { $high }, one for each of { $times }
lesson-not-a-choice = Not an answer: a number from 1 to { $most }
lesson-not-a-number = Not an answer: a number from { $low } to { $high }
lesson-not-a-line = Not an answer: nine numbers from 0 to { $high }, with spaces between them
lesson-locked = Your predictions are locked. Now it happens.
lesson-plays = { $scenario }, played in virtual time
lesson-plays-lab = { $scenario }, played on real sockets: this takes as long as it takes
lesson-no-more = The input ended before the lesson did

lesson-you = you
lesson-simulated = simulated
lesson-on-sockets = real sockets
lesson-grade = { $grade ->
    [right] right
    [close] close
   *[far] far off
}
lesson-curve-accept-queue = waiting in the accept queue
lesson-curve-busy-workers = workers that hold a connection
lesson-curve-sending-workers = of these, waiting in send
lesson-curve-proxy-bytes = bytes in the proxy
lesson-curve-failed = requests failed so far
lesson-most = most { $most }

lesson-knobs = { $most ->
    [1] Turn one of these:
   *[other] Turn at most { $most } of these:
}
lesson-knob-now = now { $now }
lesson-knob-values = try { $values }
lesson-fix-input = key=value (several with spaces between them; nothing to see the answers)
lesson-holds = It holds: { $measured }
lesson-holds-not = Not yet: { $measured }
lesson-price = The price
lesson-mended = Mended at attempt { $attempts }.
lesson-solutions = Ways that work, and what each costs
lesson-traps = What looks like a cure and is none
lesson-no-setting = "{ $text }" is no setting: write key=value
lesson-no-knob = { $key } cannot be turned here; these can: { $keys }
lesson-too-many-knobs = { $asked } knobs turned, where { $most } may be

lesson-quiz-right = Right.
lesson-quiz-wrong = No: { $right }
lesson-score = Predictions right or close: { $near } of { $asked }. Mended: { $attempts ->
    [0] no
   *[other] at attempt { $attempts }
}. Explained: { $explained } of { $questions }.
lesson-fine = { $lesson }: everything that it says is so
lesson-faults = What lessons say is not so in { $count } of them

stage-clients = { $clients } clients ({ $groups }) come within the first second, and { $held ->
    [yes] stay
   *[no] leave when they are done
}
stage-master = master
stage-worker = worker
stage-proxy = proxy, in a process of its own
stage-clients-are = the clients are in slowlab itself
stage-try = In another terminal:
stage-strace-worker = a worker: the call in which it waits, and no more
stage-wchan = the same, from the kernel's side
stage-lsof = which sockets and files it holds
stage-ss-proxy = sockets to the clients: Send-Q, and below it what limits them
stage-ss-backend = the accept queue before the workers: Recv-Q
stage-strace-proxy = the proxy waits for many at once: epoll_wait
stage-curl = a visitor
stage-logs = logs and temp files
stage-ends = Ctrl-C ends it

lesson-right = right
lesson-close = close
lesson-far = far off
lesson-lock = Lock my predictions and run
lesson-lock-first = Answer every question first
lesson-go-on = Go on
lesson-try = Run it
lesson-unplayable = These values cannot be played together
lesson-show-answers = Show all ways
lesson-before = as it was
lesson-after = as it is now
lesson-done = Predictions right or close: { $near } of { $asked }. Explained: { $explained } of { $questions }.
lesson-progress = Progress
lesson-progress-save = Save to a file
lesson-progress-load = Load from a file
lesson-progress-new = Begin anew
lesson-progress-other = This file is not the progress of a lesson
lesson-presenter = Presenter
lesson-teacher-view = Teacher's notes
lesson-answer = The answer
lesson-values = Values
lesson-number = Number
lesson-run-told = { $scenario } is simulated: the same decisions as of nginx and gunicorn, over a model of the kernel.
lesson-why-wrong = What classes get wrong
lesson-beside = In a terminal beside it
lesson-made-by = Made by slowlab; every number is of a simulated run.
lesson-lead = Predict, run, see it beside your guess, mend it, explain it. Each takes ten minutes at most and can be used alone; progress is kept in this browser.

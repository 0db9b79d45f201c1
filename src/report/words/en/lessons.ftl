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

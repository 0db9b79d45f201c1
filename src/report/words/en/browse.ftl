# Pages of `slowlab serve`.

browse-skip = To the content
browse-library = Scenarios
browse-what-if = What if
browse-before = as in the file
browse-library-title = What would you like to understand?
browse-library-lead = Each of these is a small stack of clients, proxy and workers. Look at it, guess what happens, then let it play.
browse-search = Search by symptom
browse-found = { $count ->
    [one] { $count } scenario
   *[other] { $count } scenarios
  }
browse-none-found = No scenario has all of these words. One word of the log line is often enough.
browse-play = ▶ Play it
browse-runs = Past runs
browse-recorded = A recorded run
browse-own-file = your file
browse-buffers = buffers
browse-streams = streams
browse-knobs = Knobs of the stack
browse-as-in-file = As in the file
browse-ghost-key = The thin strip and the dashed line are the file's own configuration.
browse-computing = simulating
browse-computed = simulated and drawn in { $ms } ms
browse-copy-toml = Copy as TOML
browse-copy-link = Copy as a link
browse-copied = Copied
browse-sockets-only = The simulation does not play this: `{ $key }`: { $why }
browse-too-much-long = This would last { $lasts }; while somebody waits, { $most } are simulated at most. `slowlab run` has no such limit.
browse-too-much-many = This would be { $starts } requests; while somebody waits, { $most } are simulated at most. `slowlab run` has no such limit.
browse-too-much-events = This takes too many events to be simulated while somebody waits. `slowlab run` has no such limit.
browse-stopped = A newer question took the place of this one.
browse-busy = So many questions wait already that this one is not taken. Ask again in a moment.
browse-too-late = This took too long and was given up.
browse-body-too-large = This is larger than any scenario.
browse-nothing-here = There is no such page.
browse-no-scenario = There is no such scenario here. `slowlab serve FILE` adds one.
browse-no-report = There is no such report.
browse-refused-method = Pages look with GET and run something with POST; nothing else is served.
browse-refused-host = This server answers to 127.0.0.1 and localhost only.
browse-refused-origin = Another site's page asked for this, and that is refused.
browse-refused-token = This page is of an earlier start of the server. Load it again.
browse-serving = slowlab serves { $address } (only on this machine); Ctrl-C ends it
browse-port-taken = port { $asked } is taken, so it is { $port }; what a browser has stored is kept by port
browse-cannot-open = no browser could be started ({ $why }): open { $address }

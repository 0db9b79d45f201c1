# 차트의 말: 제목, 축, 범례, 설명.

chart-seconds = 변형이 시작된 뒤 지난 시간(초)
chart-warm-up = 준비
chart-drain = 마무리
chart-end = 끝, { $at }
chart-unknown = 알 수 없음
chart-not-measured = 재지 않음

chart-workers = 누가 워커를 붙잡았나: { $place }
chart-workers-caption = { $story }. { $key ->
        [workers] 그룹마다 워커를 몇 개 붙잡았는지 보여 준다. 진한 색은 일하는 핸들러, 연한 색은 클라이언트를 기다리는 시간이다
        [slots] 그룹마다 워커의 슬롯을 몇 개 붙잡았는지 보여 준다. 진한 색은 일하는 핸들러, 연한 색은 클라이언트를 기다리는 시간이다
        [lane-per-slot] 워커의 슬롯 하나가 한 줄이다. 진한 색은 일하는 핸들러, 연한 빗금은 클라이언트를 기다리는 슬롯이다
       *[lane-per-worker] 워커 하나가 한 줄이다. 진한 색은 일하는 핸들러, 연한 빗금은 클라이언트를 기다리는 워커다
    }. 가위표는 마스터가 죽인 워커다. 아래: accept 큐에서 기다리는 연결, 그다음 다른 클라이언트의 요청(보내려던 때를 따라).
chart-workers-idle = 바쁜 워커가 한 번도 없었다
chart-workers-share = { $group ->
        [none] 알 수 없는 요청
       *[other] { $group }
    }: 워커 시간의 { $share }{ $in_send ->
        [yes] , 대부분 send에서 막힘
       *[no] { "" }
    }
chart-workers-killed = 하트비트가 멈춰 죽은 워커 { $kills }개
chart-workers-key = { $crowded ->
        [yes] 진함: 일하는 핸들러 · 연함: 클라이언트를 기다림
       *[no] 진함: 일하는 핸들러 · 빗금: 클라이언트를 기다림
    }
chart-lane = 워커 { $worker }
chart-lane-slot = 워커 { $worker } 슬롯 { $slot }
chart-held-by = { $group }, { $span }
chart-crowd-workers = 붙잡힌
chart-crowd-slots = 붙잡힌
chart-crowd-held = 슬롯
chart-crowd-all = 워커 { $count }개 모두
chart-crowd-used = 슬롯 { $count }개 사용
chart-queue-first = accept
chart-queue-second = 큐
chart-queue-limit = 한도 { $limit }
chart-queue-peak = 최대 { $depth }개 대기
chart-ending-ok = 성공
chart-ending-mixed = 여러 가지

chart-latency = 시간에 따른 지연: { $place }
chart-latency-subtitle = 요청마다 보내려던 때에 점 하나, n { $count } · 가위표는 실패
chart-latency-caption = { $groups }. 실패는 걸린 시간 높이에 가위표로 그린다.
chart-latency-kind = { $group } { $ending }: { $count }

chart-axis-latency = 지연
chart-axis-requests = 요청
chart-axis-bytes = 바이트
chart-few = { $name } 그룹의 요청별 지연: { $place }
chart-few-subtitle = 요청마다 점 하나, 보내려던 때부터. 실제로 보낸 때부터 센 값이 다르면 짧은 선

chart-percentiles = { $name } 그룹의 백분위수별 지연: { $place }
chart-percentiles-subtitle = 실선: 보내려던 때부터, 사용자가 느끼는 시간 · 파선: 실제로 보낸 때부터, 순진한 값 · 점: 요청 20건 미만
chart-percentiles-axis = 요청의 백분위수
chart-percentiles-none = 끝난 요청이 없다
chart-percentiles-n = { $name }, n { $count }
chart-percentiles-edge = 에지의 proxy_read_timeout
chart-percentiles-patience = 클라이언트의 참을성
chart-percentiles-caption = { $name } 그룹의 지연. 실패와 시간 초과도 걸린 시간만큼 넣었다. { $parts }
chart-percentiles-median = { $name }: 중앙값 { $p50 }{ $p99 ->
        [none] { "" }
       *[other] , 99번째 백분위수 { $p99 }(보낸 때부터 { $naive })
    }

chart-bytes = { $what ->
        [requests] 요청의 바이트가 기다리는 곳: { $place }
       *[responses] 응답의 바이트가 기다리는 곳: { $place }
    }
chart-bytes-story = 한때 최대 { $peak } 이동 중, 시작하고 { $at } 뒤 · n { $count }번 관찰
chart-bytes-caption = { $story }. 아래에서 위로, 바이트를 기다리는 쪽에 가까운 곳부터: { $spots }.
chart-bytes-unix = 워커에서 프록시로(Unix, 큐 하나)
chart-bytes-spot = { $whose ->
        [client] 클라이언트
        [edge] 에지
        [proxy] 프록시
       *[worker] 워커
    }: { $spot ->
        [memory] 메모리
        [temp-file] 임시 파일
        [send-queue] 송신 큐
        [receive-queue] 수신 큐
       *[delivered] 읽음
    }

chart-endings = 요청이 어떻게 끝났나: { $place }
chart-endings-subtitle = { $step } 동안 끝난 모든 그룹의 요청, 준비 시간 포함 · n { $count }
chart-endings-caption = 끝난 때와 모습에 따른 요청: { $endings }.
chart-ending-other = 그 밖

chart-heat = 농도로 본 시간에 따른 지연: { $place }
chart-heat-subtitle = 모든 그룹의 요청을 보내려던 때와 걸린 시간으로, 실패 포함 · n { $count }
chart-heat-one = 요청 1건
chart-heat-caption = 요청 { $count }건을 보내려던 때와 걸린 시간으로 나눴다. 한 칸에 최대 { $most }건.

chart-time = 요청의 시간은 어디로 갔나: { $place }
chart-time-subtitle = 평균 지연에서 차지하는 몫, 보내려던 때부터 끝까지, 실패 포함
chart-time-axis = 평균 지연, n
chart-time-part = { $variant } { $group }: { $latency }, 가장 긴 부분 { $stage } ({ $part })
chart-stage = { $stage ->
        [starting] 늦은 클라이언트
        [connecting] 연결
        [accept_queue] accept 큐
        [reading] 요청 읽기
        [handler] 핸들러
        [sending] send에서 막힘
        [held_in_proxy] 프록시에 머묾
       *[draining] 클라이언트로 흘러감
    }

chart-existence = 존재, 응답, 동작: { $place }
chart-existence-subtitle = 같은 프로세스를 두고 감독자, 프로브, 커널이 하는 말 · ×는 실패한 프로브
chart-existence-supervisor = 존재: 마스터는 종료를 기다려서, 나머지는 kill(pid, 0)으로 안다
chart-existence-probes = 응답: 프로브
chart-existence-kernel = 동작: /proc의 상태와 프로세스가 잠든 시스템 호출
chart-existence-says = { $says ->
        [active] active
       *[gone] 없음
    }
chart-existence-caption = 같은 프로세스를 세 가지로 본 것. 위: 감독자가 보는 존재. 가운데: 응답. 연결만이라면 커널이 대신 받아 준다. 아래: 초당 다섯 번 본 동작(R 실행, S 잠, D 깨울 수 없음, T 멈춤, Z 거두지 않음).

chart-sweep = { $key }에 따른 지연: { $place }
chart-sweep-of = { $key }에 따른 { $group } 그룹의 지연: { $place }, { $variant }
chart-sweep-map = { $down }, { $across }에 따른 { $group } 그룹의 지연: { $place }, { $variant }
chart-sweep-points = p99, 표본이 모자라면 가장 긴 값 · 가위표는 실패가 있는 점
chart-sweep-lines = { $key } 값마다 선 하나 · { $points }
chart-sweep-shades = p99, 표본이 모자라면 가장 긴 값 · 진할수록 길다, 그리고 실패한 몫

chart-stages = 단계들이 무엇을 하고 있었나: { $place }
chart-stages-subtitle = 단계마다 /proc으로 { $looks }번 관찰: 잠든 모습이 한 번도 없는 쪽이 브레이크 · 관찰 횟수의 몫, 아래에서 위로
chart-stages-work = 일함
chart-stages-input = read에서 잠
chart-stages-room = write에서 잠
chart-stages-full = 파이프 가득 참
chart-stages-empty = 파이프 비어 있음
chart-stages-pipe = 파이프
chart-stages-share = 일함 { $work }
chart-stages-brake = 브레이크
chart-stages-exit = 종료 { $exit }
chart-stages-each = { $stage }: 일함 { $work }, read { $input }, write { $room }
chart-stages-caption = 단계마다 관찰했을 때 무엇을 하고 있었는지의 몫. { $stages }. 쓰는 쪽이 write에서 잠든 동안 파이프는 가득 차 있고, 읽는 쪽이 read에서 잠든 동안 비어 있다.

# `slowlab compare`, `run --repeat`, `sweep`, `break`.

compare-title = { $scenario } ({ $engine }, 시드 { $seeds }{ $runs ->
    [1] {""}
   *[other] , 실행 { $runs }번의 중앙값
})
compare-first = 첫째
compare-second = 둘째
compare-metric = 지표
compare-difference = 차이
compare-bound = 한계
compare-verdict-ok = 안
compare-verdict-spread = 흩어짐
compare-verdict-beyond = 벗어남
compare-noise = 잡음
compare-more-than-noise = 잡음보다 큼
compare-bound-or = { $share } 또는 { $close }
compare-alone = { $variants }: 둘 중 한쪽 실행에만 있다{ $count ->
   *[other] { "" }
}
compare-summary = 한계 안 { $within }개, { $spread ->
    [0] 벗어난 것 { $beyond }개
   *[other] 첫째 쪽 실행들끼리 벌어진 만큼만 벗어난 것(흩어짐) { $spread }개, 벗어난 것 { $beyond }개
}, 한계가 없는 것 { $shown }개, 한쪽만 아는 것 { $unknown }개
compare-other-text = 참고: 두 실행의 시나리오 글이 서로 다르다. 이름이 같은 변형만 견준다

compare-page-title = { $first } 대 { $second }
compare-page-nothing = 한계가 있는 지표 중 양쪽이 모두 아는 것이 없다
compare-page-within = 한계가 있는 지표 { $judged }개가 모두 그 안에 있다
compare-page-beyond = 지표 { $judged }개 중 { $beyond }개가 한계를 벗어났다
compare-page-sides = A: { $first }. B: { $second }. 이 페이지의 그림은 모두 축이 같다.
compare-page-several = 곡선은 한쪽의 모든 실행, 모든 요청을 모은 것이다. 시간에 따른 그림은 각 쪽의 첫 실행이다.
compare-page-of-rows = 행을 남기지 않은 실행에는 그림이 없다.
compare-page-more = 변형 { $left }개는 여기에 그림이 없고 표에만 있다.
compare-page-held = 누가 워커를 붙잡았고 무엇이 실패했는가
compare-page-differs = 다른 것
compare-page-differs-nothing = 한계를 벗어난 지표도, 잡음보다 크게 다른 지표도 없다.
compare-page-all = 모든 지표

repeats-interval = 95 % 구간
repeats-median = 중앙값
repeats-least = 최소
repeats-most = 최대
repeats-few = 구간은 실행이 { $enough }번 이상일 때 말할 수 있다. 지금은 { $runs }번이다
repeats-file = 반복

sweep-table = 표: { $path }
sweep-charts = 그림: { $path }
sweep-resumed = 점 { $all }개 중 { $known }개는 이미 쟀다
sweep-interrupted = 중단됨: 점 { $all }개 중 { $known }개를 쟀다. 같은 명령을 다시 내리면 나머지를 잰다
sweep-thinned = 그림에는 `{ $key }` 값을 { $stride }개마다 하나씩 그렸다. 표에는 모두 있다
sweep-merge = 샤드 하나를 쟀다. `slowlab sweep --merge` 명령에 모든 샤드의 폴더를 주면 하나로 합친다. 이 샤드의 폴더: { $path }
sweep-exported = 샤드 { $shards }개. 시작할 파일: { $path }

break-tried = { $setting }: 시드 { $of }개 중 { $held }개에서 성립 ({ $measured })
break-from = `{ $until }`: { $all }부터 시드 { $seeds }개 모두에서 성립한다
break-band = `{ $until }`: { $all }부터 시드 { $seeds }개 모두에서, { $none }까지는 어느 시드에서도 성립하지 않는다. 그 사이는 시드에 달렸다
break-no-control = 결론 없음: 조건이 낮은 끝 { $low }에서 이미 성립한다: { $measured }
break-not-reached = 결론 없음: `{ $until }` 조건은 { $none }까지 어느 시드에서도 성립하지 않는다: { $measured }
break-not-reached-by-all = 결론 없음: `{ $until }` 조건은 { $high }까지 모든 시드에서 성립하지는 않는다. { $none }까지는 어느 시드에서도 성립하지 않는다: { $measured }
break-not-monotonic = 결론 없음: 키를 늘렸더니 덜 늘렸을 때 망가진 것이 나아진다: { $beyond }에서 모든 시드가 성립하지는 않는다: { $measured }
break-hint-lower = hint: 더 낮은 값에서 시작하거나, 부하가 없을 때는 성립하지 않는 조건을 물으라
break-hint-higher = hint: 끝을 더 높이라
break-hint-sweep = hint: `slowlab sweep`가 곡선 전체를 보여 준다
break-lab-agrees = 실험실도 { $setting }에서 같다: { $measured }
break-lab-disagrees = 실험실은 { $setting }에서 다르다: { $measured }

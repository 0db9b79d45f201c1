# 숫자를 믿기 전에 살펴볼 것.

warning-partial = 실험이 도중에 끝났다. 숫자는 그때까지 잰 것뿐이다
warning-no-rows = 요청과 워커의 행을 남기지 않았다(`--rows none`). 그것이 필요한 발견과 차트가 빠져 있다
warning-timers-late = 실험이 시작되기 전에 이 컴퓨터의 타이머가 늦었다(중앙값 { $median }, 최악 { $worst }). 바빴다는 뜻이다. 그보다 작은 차이는 의미가 없다
warning-dropped = 보고를 잃었다({ $texts }). 세어 낸 수가 실제보다 적다
warning-observer-late = 관찰자가 늦었다(표본의 90 %가 최대 { $late }). 표본 사이의 큐 깊이가 빠졌을 수 있다
warning-relay-late = 클라이언트와 스택 사이의 릴레이가 늦었다(패킷의 1 %가 { $late } 이상{ $dropped ->
        [0] {""}
       *[other] , 이 기계가 버린 패킷 { $dropped }개
    }). 클라이언트가 계획보다 멀리 있던 셈이다
warning-clients-late = 클라이언트가 계획보다 최대 { $late } 늦게 시작했다(그중 99 %). 부하가 계획과 달랐고 `latency_us`에는 이 지연이 들어 있다
warning-temp-files = 프록시가 임시 파일에 쓰지 못해({ $times }번: { $text }) 요청을 끝냈다. 그 디스크를 비우거나 TMPDIR로 다른 곳을 정한다
warning-clients-kept = 클라이언트가 요청을 보내지 못했다: { $text }
warning-silent-group = { $group } 그룹은 준비 시간 뒤에 요청을 하나도 보내지 않았다. 이 그룹에 대해서는 아무 말도 할 수 없다
warning-doubt = 판정하지 않는다. { $text }
doubt-clients-starved = 클라이언트 스레드가 시간의 { $percent } % 동안 CPU를 쓰거나 기다렸다. 잰 것은 클라이언트 자신의 속도다
doubt-clients-began-late = 클라이언트에게 CPU가 없어 스택이 뜬 때보다 { $late } 늦게 시작했다. 계획한 부하가 아니다
doubt-clients-late = 클라이언트에게 CPU가 없어 요청 { $of }개 가운데 { $count }개가 최대 { $late } 늦게 시작했다. 계획한 부하가 아니다
doubt-stack-late = 워커에게 CPU가 없어 핸들러 { $of }개 가운데 { $count }개가 계획보다 최대 { $late } 더 기다렸다. 계획한 백엔드가 아니다
doubt-observer-late = 관찰자에게 CPU가 없었다. 표본 열에 하나는 { $late } 넘게 늦었다
doubt-relay-late = 클라이언트와 스택 사이의 릴레이에게 CPU가 없었다. 패킷 백에 하나는 { $late } 넘게 늦었는데 계획에서 가장 짧은 왕복은 { $rtt }이다

# 경고가 인용하는 사건.
quoted-lost = { $place ->
    [pipe] 백엔드의 보고 { $count }건: 보고 파이프가 가득 찼다
    [unreadable] 백엔드의 보고 { $count }건: 읽을 수 없었다({ $error })
   *[queue] 보고 { $count }건이 큐가 가득 차서 사라졌다
}
quoted-problem = { $count ->
        [1] { "" }
       *[other] 모두 { $count }번:{ " " }
    }{ $step ->
        [connect] 클라이언트가 연결하지 못했다
       *[read] 응답을 해석할 수 없다
    }: { $error }{ $remedy ->
        [ports] . 힌트: 이 대상으로 쓸 포트가 모두 사용 중이거나 TIME-WAIT에 있다. 클라이언트나 요청 빈도를 줄이거나 1분쯤 기다린다
        [files] . 힌트: 열린 파일의 한도를 올리거나(`ulimit -n`) 클라이언트를 줄인다
        [handles] . 힌트: 기계 전체에 파일 핸들이 남아 있지 않다(`fs.file-max`)
        [memory] . 힌트: 커널에 소켓 메모리가 없다. 버퍼를 줄이거나 클라이언트를 줄인다
        [queue] . 힌트: Unix 소켓의 accept 큐가 가득 찼다
       *[none] { "" }
    }
quoted-time-lost = { $which ->
    [suspended] 기계가 { $suspended } 동안 잠들어 있었다
    [stolen] 기계 CPU 시간의 { $stolen } 분량을 다른 쪽이 가져갔다
   *[both] 기계가 { $suspended } 동안 잠들어 있었다. CPU 시간의 { $stolen } 분량을 다른 쪽이 가져갔다
}

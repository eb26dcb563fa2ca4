package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.LoadReport;
import io.inmesh.control.ManualClock;
import io.inmesh.testing.FakeHeaders;
import org.junit.jupiter.api.Test;

class ServerLoadTest {
  private final ManualClock clock = new ManualClock();
  private final ServerLoad load = new ServerLoad(clock, () -> 0, () -> 0.5);

  @Test
  void rates_areThoseOfTheTimeSinceTheLastSample() {
    for (int i = 0; i < 30; i++) {
      load.answered(i % 10 == 0);
    }
    clock.advanceMillis(2_000);
    assertThat(load.report()).isEqualTo(new LoadReport(0.5, 0, 15, 1.5));
    clock.advanceMillis(1_000);
    assertThat(load.report()).isEqualTo(new LoadReport(0.5, 0, 0, 0));
  }

  @Test
  void withinASecond_theReportStays() {
    clock.advanceMillis(1_000);
    LoadReport first = load.report();
    load.answered(false);
    clock.advanceMillis(999);
    assertThat(load.report()).isSameAs(first);
  }

  @Test
  void unknownProcessorLoad_isNone() {
    ServerLoad unknown = new ServerLoad(clock, () -> 0, () -> -1);
    clock.advanceMillis(1_000);
    assertThat(unknown.report().cpu()).isZero();
  }

  @Test
  void application_goesBeforeProcessors_ifItHasAnOpinion() {
    ServerLoad own = new ServerLoad(clock, () -> 0.9, () -> 0.5);
    ServerLoad failing =
        new ServerLoad(
            clock,
            () -> {
              throw new IllegalStateException("not yet");
            },
            () -> 0.5);
    clock.advanceMillis(1_000);
    assertThat(own.report().utilization()).isEqualTo(0.9);
    assertThat(failing.report().utilization()).isEqualTo(0.5);
  }

  @Test
  void fields_canBeRead_inBothForms() {
    load.answered(false);
    clock.advanceMillis(1_000);
    for (boolean grpc : new boolean[] {true, false}) {
      FakeHeaders headers = new FakeHeaders();
      load.write(headers, grpc);
      assertThat(LoadReport.in(headers)).isEqualTo(new LoadReport(0.5, 0, 1, 0));
    }
  }
}

package io.inmesh.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.ResponseClass.Meaning;
import org.junit.jupiter.api.Test;

class EdgeTest {
  private final Edge edge =
      new Edge(true, Workload.UNKNOWN, Workload.UNKNOWN, new Service("orders", 80), "unknown");

  private Edge.Outcome outcome(int status) {
    return edge.outcome(false, "GET", status, -1, null, Meaning.USUAL);
  }

  @Test
  void outcomes_thatAreUsual_areMadeOnce() {
    assertThat(outcome(200)).isSameAs(outcome(200)).isNotSameAs(outcome(404));
  }

  @Test
  void outcomes_ofABackendThatMakesThemUp_areNotKept() {
    Edge.Outcome first = outcome(100);
    for (int status = 101; status < 1000; status++) {
      assertThat(outcome(status).http.size()).isPositive();
    }
    assertThat(outcome(100)).isSameAs(first);
    assertThat(outcome(999)).isNotSameAs(outcome(999));
  }
}

package io.inmesh.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.control.ManualClock;
import io.inmesh.server.ads.DebounceLanes.Lane;
import io.opentelemetry.api.OpenTelemetry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DebounceLanesTest {
  private final ManualClock clock = new ManualClock();
  private final AtomicLong lastPush = new AtomicLong();
  private final List<String> pushes = new ArrayList<>();
  private boolean broken;
  private final DebounceLanes<String> lanes =
      new DebounceLanes<>(
          clock,
          DebounceWindow.ENDPOINTS,
          DebounceWindow.CONFIG,
          lastPush::get,
          OpenTelemetry.noop().getMeter("test"),
          (lane, keys) -> {
            if (broken) {
              throw new IllegalStateException("broken");
            }
            pushes.add(millis() + " " + lane + " " + keys);
            return pushes.size();
          });

  @Test
  void endpoints_waitForFifteenQuietMilliseconds() {
    CompletableFuture<Long> a = lanes.submit(Lane.ENDPOINTS, "a");
    clock.advanceMillis(10);
    lanes.submit(Lane.ENDPOINTS, "b");
    lanes.submit(Lane.ENDPOINTS, "a");
    clock.advanceMillis(14);
    assertThat(pushes).isEmpty();
    assertThat(a).isNotDone();
    clock.advanceMillis(1);
    assertThat(pushes).containsExactly("25 ENDPOINTS [a, b]");
    assertThat(a).isCompletedWithValue(1L);
    clock.advanceMillis(1_000);
    assertThat(pushes).hasSize(1);
    assertThat(clock.pending()).isZero();
  }

  @Test
  void eventsThatKeepComing_arePushedAtTheCap() {
    for (int i = 0; i < 40; i++) {
      lanes.submit(Lane.ENDPOINTS, "e");
      lanes.submit(Lane.CONFIG, "c");
      clock.advanceMillis(10);
    }
    clock.advanceMillis(1_000);
    assertThat(pushes)
        .containsExactly(
            "150 ENDPOINTS [e]", "300 ENDPOINTS [e]", "405 ENDPOINTS [e]", "490 CONFIG [c]");
  }

  @Test
  void config_isPushedAtMostAfterASecond() {
    for (int i = 0; i < 150; i++) {
      lanes.submit(Lane.CONFIG, "c");
      clock.advanceMillis(10);
    }
    clock.advanceMillis(1_000);
    assertThat(pushes).containsExactly("1000 CONFIG [c]", "1590 CONFIG [c]");
  }

  @Test
  void slowPushes_spaceTheEndpointLaneOut() {
    lanes.submit(Lane.ENDPOINTS, "a");
    clock.advanceMillis(15);
    lastPush.set(300_000_000);
    lanes.submit(Lane.ENDPOINTS, "b");
    clock.advanceMillis(5_000);
    assertThat(pushes).containsExactly("15 ENDPOINTS [a]", "615 ENDPOINTS [b]");
  }

  @Test
  void failedPush_keepsItsKeysForTheNext() {
    broken = true;
    CompletableFuture<Long> a = lanes.submit(Lane.CONFIG, "a");
    clock.advanceMillis(100);
    assertThat(a).isCompletedExceptionally();
    broken = false;
    lanes.submit(Lane.CONFIG, "b");
    clock.advanceMillis(100);
    assertThat(pushes).containsExactly("200 CONFIG [a, b]");
  }

  @Test
  void pushNow_doesNotWait() {
    lanes.submit(Lane.CONFIG, "a");
    lanes.pushNow();
    assertThat(pushes).containsExactly("0 CONFIG [a]");
    assertThat(clock.pending()).isZero();
  }

  @Test
  void closing_tellsWhoWaits() {
    CompletableFuture<Long> a = lanes.submit(Lane.CONFIG, "a");
    lanes.close();
    assertThat(a).isCompletedExceptionally();
    assertThat(lanes.submit(Lane.CONFIG, "b")).isCompletedExceptionally();
    assertThat(clock.pending()).isZero();
  }

  private long millis() {
    return clock.nanoTime() / 1_000_000;
  }
}

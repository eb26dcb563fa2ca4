package io.inmesh.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the quickstart calls a success. */
class StoryTest {
  @ParameterizedTest
  @CsvSource({
    "10, 10.0, 10000, true",
    "10, 12.0, 10000, true",
    "10, 8.0, 10000, true",
    "10, 12.1, 10000, false",
    "10, 7.9, 10000, false",
    "10, 10.0, 9999, false",
    "100, 97.9, 20000, false",
  })
  void phase_isGood_withinTwoPointsOverEnoughAnswers(
      int expected, double actual, long requests, boolean good) {
    assertThat(Story.Phase.of("a phase", expected, actual, requests).ok()).isEqualTo(good);
  }

  @Test
  void failure_isExcused_onlyOnTheKilledInstanceWhileItWasKilled() {
    String killed = "127.0.0.1:7001";
    String failure = "connection lost, attempts: 127.0.0.1:7001";
    assertThat(Story.excused(Story.KILL_PHASE, failure, killed)).isTrue();
    assertThat(Story.excused(Story.KILL_PHASE, failure.replace("7001", "7002"), killed)).isFalse();
    assertThat(Story.excused("v2 at 10 %", failure, killed)).isFalse();
  }
}

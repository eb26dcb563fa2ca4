package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class StreamSlotsTest {
  private final StreamSlots slots = new StreamSlots(2, 0, 0);

  @Test
  void take_uptoTheLimit_andAgainWhatWasGivenBack() {
    assertThat(slots.take()).isTrue();
    assertThat(slots.take()).isTrue();
    assertThat(slots.take()).isFalse();
    assertThat(slots.release()).isFalse();
    assertThat(slots.take()).isTrue();
  }

  @Test
  void close_withoutCalls_isOverAtOnce() {
    assertThat(slots.close()).isTrue();
    assertThat(slots.take()).isFalse();
    assertThat(slots.close()).as("again").isTrue();
  }

  @Test
  void close_withCalls_isOverWithTheLastOne() {
    slots.take();
    slots.take();
    assertThat(slots.close()).isFalse();
    assertThat(slots.take()).isFalse();
    assertThat(slots.close()).as("again").isFalse();
    assertThat(slots.release()).isFalse();
    assertThat(slots.release()).isTrue();
    assertThat(slots.take()).isFalse();
  }

  @Test
  void closeIfQuiet_onlyWithoutCalls() {
    slots.take();
    assertThat(slots.closeIfQuiet()).isFalse();
    slots.release();
    assertThat(slots.closeIfQuiet()).isTrue();
    assertThat(slots.take()).isFalse();
    assertThat(slots.close()).isTrue();
  }
}

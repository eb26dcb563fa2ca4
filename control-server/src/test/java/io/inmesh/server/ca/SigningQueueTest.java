package io.inmesh.server.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SigningQueueTest {
  @Test
  void storm_renewalsGoFirst_soonestToEndBeforeTheOthers() throws InterruptedException {
    List<String> done = new CopyOnWriteArrayList<>();
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch all = new CountDownLatch(5);
    try (SigningQueue queue = new SigningQueue(1, 100)) {
      CountDownLatch begun = new CountDownLatch(1);
      queue.offer(
          0,
          300,
          () -> {
            begun.countDown();
            awaitQuietly(busy);
            all.countDown();
          });
      begun.await();
      offer(queue, SigningQueue.JOINER, "joiner 1", done, all);
      offer(queue, 2_000, "ends later", done, all);
      offer(queue, SigningQueue.JOINER, "joiner 2", done, all);
      offer(queue, 1_000, "ends soon", done, all);
      busy.countDown();
      assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(done).containsExactly("ends soon", "ends later", "joiner 1", "joiner 2");
  }

  @Test
  void full_refusesJoinersBeforeRenewals() throws InterruptedException {
    CountDownLatch busy = new CountDownLatch(1);
    try (SigningQueue queue = new SigningQueue(1, 4)) {
      CountDownLatch begun = new CountDownLatch(1);
      queue.offer(
          0,
          300,
          () -> {
            begun.countDown();
            awaitQuietly(busy);
          });
      begun.await();
      assertThat(queue.offer(SigningQueue.JOINER, 300, () -> {})).isTrue();
      assertThat(queue.offer(SigningQueue.JOINER, 300, () -> {})).isTrue();
      assertThat(queue.offer(SigningQueue.JOINER, 300, () -> {})).isFalse();
      assertThat(queue.offer(1, 300, () -> {})).isTrue();
      assertThat(queue.offer(1, 300, () -> {})).isTrue();
      assertThat(queue.offer(1, 300, () -> {})).isFalse();
      busy.countDown();
    }
  }

  @Test
  void full_byBytes_refusesJoinersBeforeRenewals_andMakesRoomAgain() throws InterruptedException {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    try (SigningQueue queue = new SigningQueue(1, 1_000)) {
      queue.offer(
          0,
          1,
          () -> {
            begun.countDown();
            awaitQuietly(busy);
          });
      begun.await();
      assertThat(queue.offer(SigningQueue.JOINER, 30 << 20, () -> {})).isTrue();
      assertThat(queue.offer(SigningQueue.JOINER, 30 << 20, () -> {})).isFalse();
      assertThat(queue.offer(1, 30 << 20, () -> {})).isTrue();
      assertThat(queue.offer(1, 30 << 20, () -> {})).isFalse();
      assertThat(queue.retryAfter()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(30));
      busy.countDown();
      while (!queue.offer(SigningQueue.JOINER, 30 << 20, done::countDown)) {
        Thread.onSpinWait();
      }
      assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void offer(
      SigningQueue queue, long order, String name, List<String> done, CountDownLatch all) {
    assertThat(
            queue.offer(
                order,
                300,
                () -> {
                  done.add(name);
                  all.countDown();
                }))
        .isTrue();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package io.inmesh.http.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WorkersTest {
  private final ThreadPoolExecutor pool = Workers.pool(3);

  @AfterEach
  void close() {
    pool.shutdownNow();
  }

  /** Until so many threads wait for a task. */
  private void idle(int threads) {
    LinkedTransferQueue<?> queue = (LinkedTransferQueue<?>) pool.getQueue();
    while (queue.getWaitingConsumerCount() != threads) {
      Thread.onSpinWait();
    }
  }

  private CountDownLatch block(int tasks, CountDownLatch finished) {
    CountDownLatch open = new CountDownLatch(1);
    for (int i = 0; i < tasks; i++) {
      pool.execute(
          () -> {
            try {
              open.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            finished.countDown();
          });
    }
    return open;
  }

  @Test
  void idleThread_isUsedAgain_beforeAnotherIsStarted() throws Exception {
    for (int i = 0; i < 20; i++) {
      pool.submit(() -> {}).get(10, TimeUnit.SECONDS);
      idle(1);
    }
    assertThat(pool.getLargestPoolSize()).isEqualTo(1);
  }

  @Test
  void busyThreads_getHelp_upToTheirNumber_thenTasksWait() throws Exception {
    CountDownLatch finished = new CountDownLatch(5);
    CountDownLatch open = block(5, finished);
    assertThat(pool.getPoolSize()).isEqualTo(3);
    assertThat(pool.getQueue()).hasSize(2);
    open.countDown();
    assertThat(finished.await(10, TimeUnit.SECONDS)).isTrue();
    idle(3);
    assertThat(pool.getLargestPoolSize()).isEqualTo(3);
  }

  @Test
  void closed_refuses() {
    pool.shutdown();
    assertThatThrownBy(() -> pool.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
  }
}

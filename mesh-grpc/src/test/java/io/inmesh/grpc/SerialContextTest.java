package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SerialContextTest {
  private static final int THREADS = 4;
  private static final int ROUNDS = 20_000;

  private final SerialContext serial = new SerialContext();

  @Test
  void manyThreads_neverOverlap_andNothingIsLost() throws Exception {
    int[] plain = new int[1];
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger overlaps = new AtomicInteger();
    Runnable body =
        () -> {
          if (inside.getAndIncrement() != 0) {
            overlaps.incrementAndGet();
          }
          plain[0]++;
          inside.decrementAndGet();
        };
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    for (int t = 0; t < THREADS; t++) {
      threads.execute(
          () -> {
            for (int i = 0; i < ROUNDS; i++) {
              if (i % 2 == 0 && serial.tryEnter()) {
                try {
                  body.run();
                } finally {
                  serial.leave();
                }
              } else {
                serial.execute(body);
              }
            }
          });
    }
    threads.shutdown();
    assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    assertThat(overlaps).hasValue(0);
    assertThat(plain[0]).isEqualTo(THREADS * ROUNDS);
    assertThat(serial.tryEnter()).isTrue();
    serial.leave();
  }

  @Test
  void taskFromInside_runsAfterwards_inOrder() {
    List<String> order = new ArrayList<>();
    assertThat(serial.tryEnter()).isTrue();
    serial.execute(
        () -> {
          order.add("first");
          serial.execute(() -> order.add("third"));
          order.add("second");
        });
    assertThat(serial.tryEnter()).isFalse();
    assertThat(order).isEmpty();
    serial.leave();
    assertThat(order).containsExactly("first", "second", "third");
  }

  @Test
  void taskThatFails_doesNotKeepOthersFromRunning() {
    List<String> order = new ArrayList<>();
    assertThat(serial.tryEnter()).isTrue();
    serial.execute(
        () -> {
          throw new IllegalStateException("as asked");
        });
    serial.execute(() -> order.add("next"));
    serial.leave();
    assertThat(order).containsExactly("next");
    assertThat(serial.tryEnter()).isTrue();
  }

  @Test
  void delivery_keepsOrder_andHoldsBackUntilOpened() {
    ConcurrentLinkedQueue<Runnable> submitted = new ConcurrentLinkedQueue<>();
    Executor executor = submitted::add;
    OrderedDelivery delivery = new OrderedDelivery(executor);
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    delivery.add(() -> order.add(2));
    delivery.addFirst(() -> order.add(1));
    assertThat(submitted).isEmpty();
    delivery.open();
    delivery.add(() -> order.add(3));
    delivery.open();
    assertThat(submitted).hasSize(1);
    submitted.remove().run();
    assertThat(order).containsExactly(1, 2, 3);
  }
}

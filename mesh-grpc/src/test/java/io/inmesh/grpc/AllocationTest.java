package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.inmesh.model.Cluster;
import io.inmesh.testing.Snapshots;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What a call through the engine allocates, compared with a channel without a mesh. */
class AllocationTest {
  private static final int CALLS = Integer.getInteger("calls", 1500);
  private static final String REQUEST = "x".repeat(1024);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  /** Of one call. */
  private record Cost(long bytes, long cpuMicros) {
    Cost or(Cost other) {
      return new Cost(Math.min(bytes, other.bytes), Math.min(cpuMicros, other.cpuMicros));
    }

    @Override
    public String toString() {
      return bytes + " B and " + cpuMicros + " µs of CPU";
    }
  }

  @Test
  void unaryCall_allocatesLittleMoreThanWithoutAMesh() throws Exception {
    EngineMesh mesh = new EngineMesh();
    try (TestService service = new TestService().start()) {
      service.recordHeads = false;
      mesh.update(
          Snapshots.service(
              "orders", Cluster.Protocol.HTTP2, Snapshots.endpoint("127.0.0.1", service.port())));
      String target = "dns:///localhost:" + service.port();
      Cost plain = measure(() -> plain(target).build());
      Cost withoutRetry = measure(() -> plain(target).disableRetry().build());
      Cost meshed = measure(() -> MeshChannels.forTarget(mesh, "mesh:///orders"));
      System.out.println(
          "a unary call of 1 KiB each way, client and server together: plain "
              + plain
              + ", plain without retry "
              + withoutRetry
              + ", mesh "
              + meshed);
      assertThat(meshed.bytes()).isLessThanOrEqualTo(plain.bytes() + 1024);
    }
    assertThat(mesh.engine.idle()).isTrue();
  }

  private static NettyChannelBuilder plain(String target) {
    return NettyChannelBuilder.forTarget(target)
        .defaultLoadBalancingPolicy("round_robin")
        .usePlaintext();
  }

  private static Cost measure(Supplier<ManagedChannel> maker) throws Exception {
    ManagedChannel channel = maker.get();
    try {
      run(channel, CALLS);
      Cost best = new Cost(Long.MAX_VALUE, Long.MAX_VALUE);
      for (int round = 0; round < 3; round++) {
        Map<Long, Long> before = allocated();
        long nanos = PROCESS.getProcessCpuTime();
        run(channel, CALLS);
        best =
            best.or(
                new Cost(
                    allocatedSince(before) / CALLS,
                    (PROCESS.getProcessCpuTime() - nanos) / CALLS / 1000));
      }
      return best;
    } finally {
      channel.shutdownNow();
      Eventually.until("the channel stops", channel::isTerminated);
    }
  }

  private static void run(ManagedChannel channel, int calls) {
    for (int i = 0; i < calls; i++) {
      ClientCalls.blockingUnaryCall(channel, TestService.UNARY, CallOptions.DEFAULT, REQUEST);
    }
  }

  private static long allocatedSince(Map<Long, Long> before) {
    long sum = 0;
    for (Map.Entry<Long, Long> thread : allocated().entrySet()) {
      sum += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
    }
    return sum;
  }

  /** By thread, as what a thread has allocated is forgotten when it ends. */
  private static Map<Long, Long> allocated() {
    long[] threads = THREADS.getAllThreadIds();
    long[] bytes = THREADS.getThreadAllocatedBytes(threads);
    Map<Long, Long> allocated = new HashMap<>();
    for (int i = 0; i < threads.length; i++) {
      allocated.put(threads[i], Math.max(0, bytes[i]));
    }
    return allocated;
  }
}

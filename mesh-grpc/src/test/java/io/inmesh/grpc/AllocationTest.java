package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.inmesh.model.Cluster;
import io.inmesh.testing.Snapshots;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What a call through the engine allocates, compared with a channel without a mesh. */
class AllocationTest {
  private static final int CALLS = 1500;
  private static final String REQUEST = "x".repeat(1024);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void unaryCall_allocatesLittleMoreThanWithoutAMesh() throws Exception {
    EngineMesh mesh = new EngineMesh();
    try (TestService service = new TestService().start()) {
      service.recordHeads = false;
      mesh.update(
          Snapshots.service(
              "orders", Cluster.Protocol.HTTP2, Snapshots.endpoint("127.0.0.1", service.port())));
      long plain =
          measure(
              () ->
                  NettyChannelBuilder.forTarget("dns:///localhost:" + service.port())
                      .defaultLoadBalancingPolicy("round_robin")
                      .usePlaintext()
                      .build());
      long withoutRetry =
          measure(
              () ->
                  NettyChannelBuilder.forTarget("dns:///localhost:" + service.port())
                      .defaultLoadBalancingPolicy("round_robin")
                      .disableRetry()
                      .usePlaintext()
                      .build());
      long meshed = measure(() -> MeshChannels.forTarget(mesh, "mesh:///orders"));
      System.out.println(
          "bytes per unary call of 1 KiB each way, client and server together: plain "
              + plain
              + ", plain without retry "
              + withoutRetry
              + ", mesh "
              + meshed);
      assertThat(meshed).isLessThanOrEqualTo(plain + 1536);
    }
    assertThat(mesh.engine.idle()).isTrue();
  }

  private static long measure(Supplier<ManagedChannel> maker) throws Exception {
    ManagedChannel channel = maker.get();
    try {
      run(channel, CALLS);
      long best = Long.MAX_VALUE;
      for (int round = 0; round < 2; round++) {
        long before = allocated();
        run(channel, CALLS);
        best = Math.min(best, (allocated() - before) / CALLS);
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

  /** By all threads of this process that are alive. */
  private static long allocated() {
    long sum = 0;
    for (long bytes : THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds())) {
      sum += Math.max(0, bytes);
    }
    return sum;
  }
}

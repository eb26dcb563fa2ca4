package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.call.CallContext;
import io.inmesh.call.Peer;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Bytes;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.server.ca.CaException;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * ID-01, ID-02, ID-04, ID-06, ID-09: from a token to a call that both sides know each other by. How
 * the caller waits makes a difference to calls alone, not to connections.
 */
class MutualTlsTest {
  private static final Duration SHORT = Duration.ofSeconds(6);

  /** Answers 200, and who called. */
  private static Behaviour tellsPeer(List<String> peers) {
    return (request, own) -> {
      Peer peer = CallContext.peer(Context.current());
      peers.add(peer == null ? "nobody" : String.valueOf(peer.identity()));
      return ok().treat(request, own);
    };
  }

  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS})
  void call_withTokensOnly_isMutualTls(World world) throws Exception {
    List<String> peers = new CopyOnWriteArrayList<>();
    world.serve("orders", tellsPeer(peers));
    Caller web = world.client("web");
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
    assertThat(peers).containsExactly("spiffe://cluster.local/ns/default/sa/web");
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void plaintext_toAStrictServer_isNotServed(World world) throws Exception {
    Instance orders = world.serve("orders", ok());
    world.expectWarning("accepts mutual TLS only");
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), orders.port()));
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: orders\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(read(socket)).doesNotContain("200", Bytes.PAYLOAD);
    }
    assertThat(orders.requests()).isEmpty();
  }

  /** ID-09: two peers agree on the newest, and nobody gets in with less. */
  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void olderTlsThanTheMeshAllows_isRefused(World world) throws Exception {
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
    assertThat(web.handshake(orders.port(), "TLSv1.2")).isEqualTo("TLSv1.2");
    world.config(
        """
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: quick}
        spec:
          meshMTLS: {minProtocolVersion: TLSV1_3}
          configDebounce: {quiet: 5ms, cap: 50ms}
        """);
    world.expectWarning(".*");
    assertThatThrownBy(() -> web.handshake(orders.port(), "TLSv1.2"))
        .isInstanceOf(IOException.class);
    assertThat(web.handshake(orders.port(), "TLSv1.3")).isEqualTo("TLSv1.3");
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
  }

  private static String read(Socket socket) {
    StringBuilder text = new StringBuilder();
    try {
      int next;
      while ((next = socket.getInputStream().read()) >= 0) {
        text.append((char) next);
      }
    } catch (IOException e) {
      // Cut off, which is as good.
    }
    return text.toString();
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void leavesAndIntermediate_renewedEveryFewSeconds_loseNoRequest(World world) throws Exception {
    world.leafTtl(SHORT).keepRootKey();
    world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
    long first = number(web);
    Load load = new Load(web);
    world.until("a renewal", () -> number(web) > first);
    X509Certificate before = signer(web);
    world.renewIntermediate();
    world.until("its own certificate is of the new one", () -> !signer(web).equals(before));
    load.more(world, 50);
    load.end();
  }

  /** Grows with every certificate. */
  private static long number(Caller caller) {
    var tls = caller.mesh().inbound(9).tls().generation();
    return tls == null ? 0 : tls.number();
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void root_replaced_losesNoRequest(World world) throws Exception {
    world.leafTtl(SHORT);
    world.serve("orders", ok());
    Caller web = world.client("web");
    world.until("both watch", () -> world.ca().rotation().clients() == 2);
    String old = world.ca().rotation().status().get(0).id();
    Load load = new Load(web);
    String next = world.ca().rotation().prepare();
    step(world, () -> world.ca().rotation().activate(next, false));
    step(world, () -> world.ca().rotation().taint(old, false));
    step(world, () -> world.ca().rotation().revoke(old, false));
    load.more(world, 50); // under the new root alone
    load.end();
  }

  /** The certificate that signed the caller's. */
  private static X509Certificate signer(Caller caller) {
    TlsGeneration tls = Objects.requireNonNull(caller.mesh().inbound(9).tls().generation());
    return Objects.requireNonNull(tls.keys()).getCertificateChain("svid")[1];
  }

  private interface Step {
    void run() throws CaException;
  }

  private static void step(World world, Step step) throws InterruptedException {
    world.until(
        "clients are ready for the next step",
        () -> {
          try {
            step.run();
            return true;
          } catch (CaException notYet) {
            return false;
          }
        });
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void banned_peer_isCutOffOnItsOpenConnection(World world) throws Exception {
    world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get("orders/shop.Orders/Get")).isOk();
    world.expectWarning(".*");
    world.ca().rotation().ban(SpiffeId.of("cluster.local", "default", "web"));
    world.until(
        "calls fail",
        () -> {
          try {
            return !web.get("orders/shop.Orders/Get").ok();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
  }

  /** Calls without a pause until it is ended; none may fail. */
  private static final class Load {
    private final List<Answer> failures = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean over;
    private final AtomicInteger calls = new AtomicInteger();

    Load(Caller caller) {
      for (int i = 0; i < 2; i++) {
        boolean idempotent = i == 0;
        Thread thread = new Thread(() -> run(caller, idempotent), "load");
        thread.start();
        threads.add(thread);
      }
    }

    private void run(Caller caller, boolean idempotent) {
      try {
        while (!over) {
          Answer answer =
              idempotent
                  ? caller.get("orders/shop.Orders/Get")
                  : caller.post("orders/shop.Orders/Post");
          calls.incrementAndGet();
          if (!answer.ok()) {
            failures.add(answer);
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Waits for so many more calls. */
    void more(World world, int count) throws InterruptedException {
      int target = calls.get() + count;
      world.until(count + " more calls", () -> calls.get() >= target);
    }

    void end() throws InterruptedException {
      over = true;
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(calls.get()).isPositive();
      assertThat(failures).isEmpty();
    }
  }
}

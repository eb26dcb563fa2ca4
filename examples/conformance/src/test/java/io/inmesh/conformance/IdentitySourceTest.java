package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.CallContext;
import io.inmesh.call.Peer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.identity.JoinToken;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.wire.IdentityClient;
import io.inmesh.wire.JoinProof;
import io.opentelemetry.context.Context;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** ID-08: a process whose certificate something else writes, from the file to the peer. */
class IdentitySourceTest {
  private static final SpiffeId BATCH = SpiffeId.of("cluster.local", "default", "batch");

  private static String pem(String what, byte[] der) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + what
        + "-----\n";
  }

  /** What something else obtained for the process, as cert-manager lays it out. */
  private static Path issue(World world) throws Exception {
    TlsMaterial obtained = new TlsMaterial();
    try (ThreadControlLoop loop = new ThreadControlLoop("issuer")) {
      IdentityClient issuer =
          new IdentityClient(
              "127.0.0.1:" + world.control().xdsAddress().getPort(),
              JoinProof.of(
                  JoinToken.parse(
                      "the test",
                      world.ca().joinToken("default", "batch", 1, Duration.ofMinutes(5)))),
              "issuer",
              null,
              obtained,
              loop,
              Randomness.SYSTEM);
      issuer.start(() -> {});
      issuer.ready().toCompletableFuture().get(15, TimeUnit.SECONDS);
      loop.execute(issuer::close);
    }
    Svid svid = Objects.requireNonNull(obtained.svid());
    Path directory = Files.createTempDirectory("inmesh-identity");
    StringBuilder chain = new StringBuilder();
    for (X509Certificate certificate : svid.chain()) {
      chain.append(pem("CERTIFICATE", certificate.getEncoded()));
    }
    Files.writeString(directory.resolve("tls.crt"), chain);
    Files.writeString(directory.resolve("tls.key"), pem("PRIVATE KEY", svid.key().getEncoded()));
    StringBuilder roots = new StringBuilder();
    for (X509Certificate root : obtained.bundle().roots().getOrDefault("cluster.local", Set.of())) {
      roots.append(pem("CERTIFICATE", root.getEncoded()));
    }
    Files.writeString(directory.resolve("ca.crt"), roots);
    for (String name : List.of("tls.crt", "tls.key", "ca.crt")) {
      directory.resolve(name).toFile().deleteOnExit();
    }
    return directory;
  }

  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS})
  void certificateInFiles_isWhatPeersSee(World world) throws Exception {
    List<String> peers = new CopyOnWriteArrayList<>();
    world.serve(
        "orders",
        (request, own) -> {
          Peer peer = CallContext.peer(Context.current());
          peers.add(peer == null ? "nobody" : String.valueOf(peer.identity()));
          return ok().treat(request, own);
        });
    Path files = issue(world);
    Caller batch = world.client("batch", config -> config.identityDir(files));
    assertThat(batch.get("orders/shop.Orders/Get")).isOk();
    assertThat(peers).containsExactly(BATCH.toString());
  }
}

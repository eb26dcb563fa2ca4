package io.inmesh.wire;

import com.google.protobuf.ByteString;
import io.grpc.ChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.identity.CertificateRequest;
import io.inmesh.identity.ControlServerTls;
import io.inmesh.identity.IdentitySource;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.wire.identity.v1.AttestRequest;
import io.inmesh.wire.identity.v1.Certificate;
import io.inmesh.wire.identity.v1.IdentityGrpc;
import io.inmesh.wire.identity.v1.RenewRequest;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Obtains this process's certificate from the control server and renews it at half of its life,
 * with jitter; what fails is tried again with back-off while the present one serves on. Each
 * request has a connection of its own, so that it shows the present certificate. State lives on the
 * control loop.
 */
public final class IdentityClient implements IdentitySource {
  private static final System.Logger LOG = System.getLogger(IdentityClient.class.getName());
  private static final long FIRST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LAST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long REQUEST_SECONDS = 20;
  private static final double JITTER = 0.1;

  private final String target;
  private final @Nullable JoinProof proof;
  private final String instance;
  private final @Nullable CredentialStore store;
  private final TlsMaterial material;
  private final ControlLoop loop;
  private final Randomness random;
  private final ControlServerTls tls;
  private final ChannelCredentials credentials;
  private final Backoff backoff;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private Consumer<Status> complaints = status -> {};
  private Runnable renewed = () -> {};
  private Cancellable timer = Cancellable.NONE;
  private CertificateRequest pending = CertificateRequest.create();
  private Certificate certificate = Certificate.getDefaultInstance();
  private long sequence;
  private boolean closed;

  /**
   * A client that has asked for nothing yet.
   *
   * @param proof for the first certificate; null: one is kept in the state directory
   * @param instance for the control server's audit log
   * @param state a directory that keeps the certificate for a restart; null: none
   * @param material where what is obtained goes
   * @throws IllegalArgumentException if there is no proof and nothing is kept, or the directory is
   *     of another host or user
   */
  public IdentityClient(
      String target,
      @Nullable JoinProof proof,
      String instance,
      @Nullable Path state,
      TlsMaterial material,
      ControlLoop loop,
      Randomness random) {
    this.target = target;
    this.proof = proof;
    this.instance = instance;
    this.material = material;
    this.loop = loop;
    this.random = random;
    this.tls = new ControlServerTls(material, proof == null ? Set.of() : proof.pins());
    this.credentials = ControlCredentials.of(tls);
    this.backoff = new Backoff(FIRST_RETRY_NANOS, LAST_RETRY_NANOS, random);
    this.store = state == null ? null : CredentialStore.in(state);
    CredentialStore.Kept kept = store == null ? null : store.load();
    if (kept != null) {
      use(kept.certificate(), kept.svid());
    } else if (proof == null) {
      throw new IllegalArgumentException(
          "secure mode needs a join token: set INMESH_TOKEN to what 'inmesh token create' prints,"
              + " INMESH_TOKEN_FILE, INMESH_KUBERNETES_TOKEN_FILE or INMESH_OIDC_TOKEN_FILE, or"
              + " INMESH_INSECURE=true to speak plaintext");
    }
  }

  /** Puts a certificate into force, with the trust beside it unless a newer one is known. */
  void use(Certificate issued, Svid svid) {
    boolean overtaken = issued.getTrust().getSequence() < sequence;
    Certificate used =
        overtaken ? issued.toBuilder().setTrust(certificate.getTrust()).build() : issued;
    try {
      material.update(svid, TrustDecoder.bundle(used.getTrust()));
    } catch (CertificateException e) {
      throw new IllegalArgumentException("the trust beside the certificate: " + e.getMessage(), e);
    }
    certificate = used;
    sequence = used.getTrust().getSequence();
  }

  /** How to connect to the control server. */
  public ChannelCredentials credentials() {
    return credentials;
  }

  @Override
  public void start(Runnable whenRenewed) {
    start(whenRenewed, status -> {});
  }

  /**
   * Begins.
   *
   * @param whenRenewed told, on the control loop, after each certificate
   * @param whenFailed told of each failure
   */
  public void start(Runnable whenRenewed, Consumer<Status> whenFailed) {
    loop.execute(
        () -> {
          renewed = whenRenewed;
          complaints = whenFailed;
          if (material.svid() == null) {
            request();
          } else {
            ready.complete(null);
            scheduleRenewal();
          }
        });
  }

  @Override
  public CompletionStage<Void> ready() {
    return ready;
  }

  /** The authority of the present certificate; empty: not known. On the control loop. */
  String authority() {
    return certificate.getAuthority();
  }

  /** Trust that was put into force; on the control loop. */
  boolean trust(io.inmesh.wire.identity.v1.Trust trust) {
    if (trust.getSequence() <= sequence) {
      return true;
    }
    try {
      material.update(material.svid(), TrustDecoder.bundle(trust));
    } catch (CertificateException | IllegalArgumentException e) {
      LOG.log(Level.ERROR, "the control server''s trust is not accepted: {0}", e.getMessage());
      return false;
    }
    sequence = trust.getSequence();
    certificate = certificate.toBuilder().setTrust(trust).build();
    keep();
    if (trust.getRenewAuthoritiesList().contains(authority())) {
      renewWithin(Duration.ofSeconds(trust.getRenewWithinSeconds()));
    }
    return true;
  }

  /** Spread over the time given, but not later than it is due anyway. */
  private void renewWithin(Duration bound) {
    Svid svid = material.svid();
    if (svid != null) {
      long due = Duration.between(Instant.now(), svid.expires()).toNanos() / 2;
      long within = Math.max(0, Math.min(bound.toNanos(), due));
      timer.cancel();
      timer = loop.schedule((long) (within * random.nextDouble()), this::request);
    }
  }

  private void request() {
    if (closed) {
      return;
    }
    AttestRequest.Builder join =
        AttestRequest.newBuilder().setCsr(ByteString.copyFrom(pending.der())).setInstance(instance);
    boolean renewing = tls.known();
    if (!renewing) {
      try {
        show(join);
      } catch (IOException e) {
        failed(Status.UNAUTHENTICATED.withDescription("the token to join with: " + e));
        return;
      }
    }
    ManagedChannel channel =
        ControlResolver.builder(
                target, credentials, random, CompletableFuture.completedFuture(null))
            .build();
    IdentityGrpc.IdentityStub stub =
        IdentityGrpc.newStub(channel).withDeadlineAfter(REQUEST_SECONDS, TimeUnit.SECONDS);
    Answer answer = new Answer(channel);
    if (renewing) {
      stub.renew(
          RenewRequest.newBuilder().setCsr(join.getCsr()).setInstance(instance).build(), answer);
    } else {
      stub.attest(join.build(), answer);
    }
  }

  private void show(AttestRequest.Builder request) throws IOException {
    if (proof == null) {
      throw new IOException("the certificate has expired, and there is none");
    }
    proof.showIn(request);
  }

  private void received(Certificate certificate) {
    try {
      Svid svid =
          Svid.of(TrustDecoder.chain(certificate.getChainList()), pending.keys().getPrivate());
      if (!svid.leaf().getPublicKey().equals(pending.keys().getPublic())) {
        throw new CertificateException("it is for another key");
      }
      boolean first = material.svid() == null;
      use(certificate, svid);
      keep();
      pending = CertificateRequest.create();
      backoff.reset();
      LOG.log(
          first ? Level.INFO : Level.DEBUG,
          "this process is {0}, certified until {1}",
          svid.id(),
          svid.expires());
      ready.complete(null);
      renewed.run();
      scheduleRenewal();
    } catch (CertificateException | IllegalArgumentException e) {
      failed(
          Status.INTERNAL.withDescription(
              "the control server''s certificate for this process: " + e.getMessage()));
    }
  }

  /** With the newest trust: a process that starts again knows of bans, too. */
  private void keep() {
    Svid svid = material.svid();
    if (store != null && svid != null) {
      store.save(certificate, svid.key());
    }
  }

  private void scheduleRenewal() {
    Svid svid = material.svid();
    if (svid != null) {
      double half = 0.5 + JITTER * (2 * random.nextDouble() - 1);
      long left = Duration.between(Instant.now(), svid.expires()).toNanos();
      timer.cancel();
      timer = loop.schedule((long) (Math.max(0, left) * half), this::request);
    }
  }

  private void failed(Status status) {
    failed(status, 0);
  }

  private void failed(Status status, long notBeforeNanos) {
    Svid svid = material.svid();
    if (svid != null && svid.expires().isBefore(Instant.now())) {
      LOG.log(
          Level.ERROR,
          "the certificate of {0} has expired and is not renewed: peers refuse it ({1})",
          svid.id(),
          status.getDescription());
    }
    complaints.accept(status);
    timer.cancel();
    timer = loop.schedule(Math.max(notBeforeNanos, backoff.nextNanos()), this::request);
  }

  @Override
  public void close() {
    closed = true;
    timer.cancel();
  }

  /** The answer to one request, which closes its connection. */
  private final class Answer implements StreamObserver<Certificate> {
    private final ManagedChannel channel;

    Answer(ManagedChannel channel) {
      this.channel = channel;
    }

    @Override
    public void onNext(Certificate certificate) {
      loop.execute(() -> received(certificate));
    }

    @Override
    public void onError(Throwable failure) {
      channel.shutdownNow();
      Status status = Status.fromThrowable(failure);
      loop.execute(
          () -> {
            if (!closed) {
              failed(status, RetryHint.nanos(failure));
            }
          });
    }

    @Override
    public void onCompleted() {
      channel.shutdown();
    }
  }
}

package io.inmesh.server.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.rpc.RetryInfo;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.inmesh.identity.CertificateRequest;
import io.inmesh.identity.SpiffeId;
import io.inmesh.wire.identity.v1.AttestRequest;
import io.inmesh.wire.identity.v1.Certificate;
import io.inmesh.wire.identity.v1.IdentityGrpc;
import io.inmesh.wire.identity.v1.RenewRequest;
import io.inmesh.wire.istio.v1.IstioCertificateRequest;
import io.inmesh.wire.istio.v1.IstioCertificateServiceGrpc;
import io.opentelemetry.api.OpenTelemetry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Both services that issue certificates, called by a process that has one. */
class IdentityServiceTest {
  private static final SpiffeId CART = SpiffeId.of("cluster.local", "shop", "cart");
  private static final int STORM = 10_000;
  private static final int RENEWALS = 300;
  private static final int ROOM = 1_000;

  private final TestClock clock = new TestClock();
  private final CertificateRequest request = CertificateRequest.create();
  private final ByteString csr = ByteString.copyFrom(request.der());
  private final CertificateAuthority authority;
  private final JoinTokens tokens;
  private final SigningQueue queue = new SigningQueue(1, ROOM);
  private final Server server;
  private final ManagedChannel channel;

  IdentityServiceTest() throws Exception {
    authority = CertificateAuthority.open(CaOptions.DEFAULTS, Optional.empty(), clock);
    tokens = new JoinTokens(Optional.empty(), clock);
    AuditLog audit = new AuditLog(Optional.empty(), clock);
    CaMetrics metrics = new CaMetrics(OpenTelemetry.noop().getMeter("test"), authority);
    Attestation.TokenReview nobody = token -> Attestation.refused(new CaException("no"));
    List<BindableService> services =
        List.of(
            new IdentityService(
                authority,
                tokens,
                new Attestation(nobody, nobody),
                queue,
                audit,
                metrics,
                new Acknowledgements(clock, Duration.ofHours(1))),
            new IstioCertificates(authority, queue, audit, metrics));
    X509Certificate present = authority.issue(CART, request.keys().getPublic()).leaf();
    Caller cart =
        new Caller(CART, present, new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
    String name = InProcessServerBuilder.generateName();
    InProcessServerBuilder builder =
        InProcessServerBuilder.forName(name).directExecutor().intercept(calledBy(cart));
    services.forEach(builder::addService);
    server = builder.build();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  private static ServerInterceptor calledBy(Caller caller) {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return Contexts.interceptCall(caller.in(Context.current()), call, headers, next);
      }
    };
  }

  @BeforeEach
  void start() throws Exception {
    var unused = server.start();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    queue.close();
  }

  /** What became of one call. */
  private static final class Outcome implements StreamObserver<Certificate> {
    private final String kind;
    private final ConcurrentLinkedQueue<String> log;
    private final CountDownLatch all;

    Outcome(String kind, ConcurrentLinkedQueue<String> log, CountDownLatch all) {
      this.kind = kind;
      this.log = log;
      this.all = all;
    }

    @Override
    public void onNext(Certificate certificate) {
      log.add(kind + " issued");
    }

    @Override
    public void onError(Throwable failure) {
      Status status = Status.fromThrowable(failure);
      log.add(kind + " " + status.getCode() + retry(failure));
      all.countDown();
    }

    @Override
    public void onCompleted() {
      all.countDown();
    }
  }

  private static String retry(Throwable failure) {
    try {
      var details = Objects.requireNonNull(StatusProto.fromThrowable(failure)).getDetailsList();
      long seconds = details.get(0).unpack(RetryInfo.class).getRetryDelay().getSeconds();
      return seconds >= 1 && seconds <= 30 ? " with a retry time" : " at an odd time";
    } catch (Exception e) {
      return " without a retry time";
    }
  }

  @Test
  void storm_of10000Requests_renewsFirst_refusesTheRestClearly_andAnswersAll() throws Exception {
    String token = tokens.create(CART, 0, Duration.ofHours(1), Set.of());
    ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
    CountDownLatch all = new CountDownLatch(STORM + RENEWALS);
    CountDownLatch busy = new CountDownLatch(1);
    assertThat(queue.offer(0, 1, () -> awaitQuietly(busy))).isTrue();
    IdentityGrpc.IdentityStub stub = IdentityGrpc.newStub(channel);
    AttestRequest join = AttestRequest.newBuilder().setJoinToken(token).setCsr(csr).build();
    for (int i = 0; i < STORM; i++) {
      stub.attest(join, new Outcome("join", log, all));
    }
    for (int i = 0; i < RENEWALS; i++) {
      stub.renew(RenewRequest.newBuilder().setCsr(csr).build(), new Outcome("renewal", log, all));
    }
    busy.countDown();
    assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();

    List<String> order = List.copyOf(log);
    assertThat(order.stream().filter("renewal issued"::equals)).hasSize(RENEWALS);
    long issued = order.stream().filter("join issued"::equals).count();
    assertThat(issued).isBetween(ROOM / 2 - 1L, ROOM / 2 + 1L);
    assertThat(order.stream().filter("join RESOURCE_EXHAUSTED with a retry time"::equals))
        .hasSize((int) (STORM - issued));
    assertThat(order.lastIndexOf("renewal issued")).isLessThan(order.indexOf("join issued"));
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void request_thatIsHuge_isRefusedBeforeItWaits() {
    IdentityGrpc.IdentityBlockingStub stub = IdentityGrpc.newBlockingStub(channel);
    ByteString huge = ByteString.copyFrom(new byte[1 << 20]);
    assertThatThrownBy(() -> stub.renew(RenewRequest.newBuilder().setCsr(huge).build()))
        .hasMessageContaining("INVALID_ARGUMENT: csr: must have 1 to 4096 bytes");
    assertThatThrownBy(
            () ->
                stub.attest(
                    AttestRequest.newBuilder()
                        .setJoinToken("x".repeat(1 << 20))
                        .setCsr(csr)
                        .build()))
        .hasMessageContaining("INVALID_ARGUMENT: the request is larger than");
  }

  private IstioCertificateServiceGrpc.IstioCertificateServiceBlockingStub istio() {
    return IstioCertificateServiceGrpc.newBlockingStub(channel);
  }

  /** A request that claims to be somebody else, in all the places there are. */
  private static String foreign(KeyPair keys) throws Exception {
    ExtensionsGenerator extensions = new ExtensionsGenerator();
    extensions.addExtension(
        Extension.subjectAlternativeName,
        true,
        new GeneralNames(
            new GeneralName[] {
              new GeneralName(
                  GeneralName.uniformResourceIdentifier, "spiffe://cluster.local/ns/bank/sa/vault"),
              new GeneralName(GeneralName.dNSName, "vault.bank")
            }));
    return Pem.writeRequest(
        new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=vault"), keys.getPublic())
            .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
            .getEncoded());
  }

  @Test
  void istio_foreignNames_areIgnored_validityIsCapped_andTheRootIsLast() throws Exception {
    KeyPair keys = Certificates.keys();
    List<String> chain =
        istio()
            .createCertificate(
                IstioCertificateRequest.newBuilder()
                    .setCsr(foreign(keys))
                    .setValidityDuration(Duration.ofDays(400).toSeconds())
                    .build())
            .getCertChainList();
    assertThat(chain).hasSize(3);
    X509Certificate leaf = Pem.certificates(chain.get(0), "leaf").get(0);
    assertThat(SpiffeId.of(leaf)).isEqualTo(CART);
    assertThat(leaf.getSubjectAlternativeNames()).hasSize(1);
    assertThat(leaf.getSubjectX500Principal().getName()).isEmpty();
    assertThat(leaf.getPublicKey()).isEqualTo(keys.getPublic());
    assertThat(Duration.between(clock.instant(), leaf.getNotAfter().toInstant()))
        .isLessThanOrEqualTo(CaOptions.DEFAULTS.leafTtl());
    X509Certificate root = Pem.certificates(chain.get(2), "root").get(0);
    assertThat(root).isEqualTo(authority.active().root());
    root.verify(root.getPublicKey());
    Pem.certificates(chain.get(1), "intermediate").get(0).verify(root.getPublicKey());
  }

  @Test
  void istio_shorterValidity_isGranted_andNonsenseRefused() throws Exception {
    String csrPem = Pem.writeRequest(request.der());
    X509Certificate leaf =
        Pem.certificates(
                istio()
                    .createCertificate(
                        IstioCertificateRequest.newBuilder()
                            .setCsr(csrPem)
                            .setValidityDuration(60)
                            .build())
                    .getCertChain(0),
                "leaf")
            .get(0);
    assertThat(Duration.between(clock.instant(), leaf.getNotAfter().toInstant()))
        .isLessThanOrEqualTo(Duration.ofSeconds(60));
    Map<String, IstioCertificateRequest> wrong =
        Map.of(
            "PEM", IstioCertificateRequest.newBuilder().setCsr("nonsense").build(),
            "characters", IstioCertificateRequest.newBuilder().setCsr("x".repeat(9_000)).build(),
            "negative",
                IstioCertificateRequest.newBuilder()
                    .setCsr(csrPem)
                    .setValidityDuration(-1)
                    .build());
    wrong.forEach(
        (word, bad) ->
            assertThatThrownBy(() -> istio().createCertificate(bad))
                .hasMessageContaining("INVALID_ARGUMENT")
                .hasMessageContaining(word));
  }

  @Test
  void banned_callerGetsNothing_whateverItAsksFor() throws Exception {
    authority.ban(CART);
    assertThatThrownBy(
            () ->
                istio()
                    .createCertificate(
                        IstioCertificateRequest.newBuilder()
                            .setCsr(Pem.writeRequest(request.der()))
                            .build()))
        .hasMessageContaining("PERMISSION_DENIED")
        .hasMessageContaining("banned");
    assertThatThrownBy(
            () ->
                IdentityGrpc.newBlockingStub(channel)
                    .renew(RenewRequest.newBuilder().setCsr(csr).build()))
        .hasMessageContaining("PERMISSION_DENIED");
  }
}

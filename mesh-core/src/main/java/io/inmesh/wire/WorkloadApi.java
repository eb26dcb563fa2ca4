package io.inmesh.wire;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.identity.IdentitySource;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.identity.TrustBundle;
import io.inmesh.wire.spiffe.SpiffeWorkloadAPIGrpc;
import io.inmesh.wire.spiffe.X509SVIDRequest;
import io.inmesh.wire.spiffe.X509SVIDResponse;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An identity from the SPIFFE Workload API, as SPIRE's agent serves it on a Unix socket: one
 * stream, on which a new state arrives with every rotation, bundles of other trust domains
 * included. Opened again whenever it breaks. State lives on the control loop.
 *
 * @see <a
 *     href="https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md">Workload
 *     API</a>
 */
public final class WorkloadApi implements IdentitySource {
  private static final System.Logger LOG = System.getLogger(WorkloadApi.class.getName());
  private static final long FIRST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LAST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final String SCHEME = "unix:";

  private final String endpoint;
  private final Path socket;
  private final TlsMaterial material;
  private final ControlLoop loop;
  private final Backoff backoff;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private Runnable renewed = () -> {};
  private Cancellable timer = Cancellable.NONE;
  private @Nullable UnixSocket agent;
  private @Nullable Connection connection;
  private String complaint = "";
  private boolean closed;

  /**
   * A source that has asked for nothing yet.
   *
   * @param endpoint {@code unix:///path}, as in {@code SPIFFE_ENDPOINT_SOCKET}, or a path
   * @throws IllegalArgumentException if it is something else
   */
  public WorkloadApi(String endpoint, TlsMaterial material, ControlLoop loop, Randomness random) {
    this.endpoint = endpoint;
    this.socket = socket(endpoint);
    this.material = material;
    this.loop = loop;
    this.backoff = new Backoff(FIRST_RETRY_NANOS, LAST_RETRY_NANOS, random);
  }

  private static Path socket(String endpoint) {
    String path = endpoint;
    if (endpoint.startsWith(SCHEME)) {
      path = endpoint.substring(SCHEME.length());
      path = path.startsWith("//") ? path.substring(2) : path;
    }
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException(
          "workload-api is '" + endpoint + "'; expected unix:/// and the path of a socket");
    }
    return Path.of(path);
  }

  @Override
  public void start(Runnable whenRenewed) {
    loop.execute(
        () -> {
          renewed = whenRenewed;
          connect();
        });
  }

  @Override
  public CompletionStage<Void> ready() {
    return ready;
  }

  private void connect() {
    if (!closed) {
      if (agent == null) {
        agent = new UnixSocket(socket, "inmesh-workload-api");
      }
      connection = new Connection();
      connection.open(agent.channel());
    }
  }

  private void received(X509SVIDResponse response) {
    try {
      Svid svid = SpiffeState.svid(response);
      TrustBundle bundle = SpiffeState.bundle(response, svid.id(), material.bundle().banned());
      material.update(svid, bundle);
      backoff.reset();
      complaint = "";
      LOG.log(Level.INFO, "this process is {0}, certified until {1}", svid.id(), svid.expires());
      ready.complete(null);
      renewed.run();
    } catch (CertificateException | IllegalArgumentException e) {
      complain(String.valueOf(e.getMessage()));
    }
  }

  private void ended(Connection of, Status status) {
    if (of == connection) {
      connection = null;
      complain(
          status.getCode() == Status.Code.PERMISSION_DENIED
              ? "no identity is registered for this process"
              : status.getDescription() == null
                  ? status.getCode().toString()
                  : status.getDescription());
      timer = loop.schedule(backoff.nextNanos(), this::connect);
    }
  }

  private void complain(String text) {
    if (!closed && !text.equals(complaint)) {
      complaint = text;
      LOG.log(
          Level.WARNING,
          "the SPIFFE Workload API at {0}: {1}; {2}",
          endpoint,
          text,
          material.svid() == null ? "there is no identity yet" : "the present one stays");
    }
  }

  @Override
  public void close() {
    closed = true;
    timer.cancel();
    connection = null;
    if (agent != null) {
      agent.close();
    }
  }

  /** One stream; its callbacks move to the control loop. */
  private final class Connection implements StreamObserver<X509SVIDResponse> {
    private static final Metadata HEADER = new Metadata();

    static {
      // Without it agents refuse: requests that a browser was tricked into cannot set it.
      HEADER.put(Metadata.Key.of("workload.spiffe.io", Metadata.ASCII_STRING_MARSHALLER), "true");
    }

    void open(ManagedChannel channel) {
      channel.resetConnectBackoff(); // the pauses are ours
      SpiffeWorkloadAPIGrpc.newStub(channel)
          .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(HEADER))
          .fetchX509SVID(X509SVIDRequest.getDefaultInstance(), this);
    }

    @Override
    public void onNext(X509SVIDResponse response) {
      loop.execute(() -> received(response));
    }

    @Override
    public void onError(Throwable failure) {
      Status status = Status.fromThrowable(failure);
      loop.execute(() -> ended(this, status));
    }

    @Override
    public void onCompleted() {
      onError(Status.UNAVAILABLE.withDescription("the stream ended").asRuntimeException());
    }
  }
}

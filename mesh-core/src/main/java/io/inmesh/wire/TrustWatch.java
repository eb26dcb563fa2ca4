package io.inmesh.wire;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.wire.identity.v1.IdentityGrpc;
import io.inmesh.wire.identity.v1.Trust;
import io.inmesh.wire.identity.v1.TrustAck;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Hears from the control server whom to trust, and tells it what is in force here: one stream,
 * which is opened again whenever it breaks. State lives on the control loop.
 */
public final class TrustWatch implements AutoCloseable {
  private static final long FIRST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LAST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final ControlChannel channel;
  private final IdentityClient identity;
  private final ControlLoop loop;
  private final Backoff backoff;
  private Cancellable timer = Cancellable.NONE;
  private @Nullable Stream stream;
  private long sequence;
  private boolean closed;

  /** Begins to watch. */
  public static TrustWatch start(
      ControlChannel channel, IdentityClient identity, ControlLoop loop, Randomness random) {
    TrustWatch watch = new TrustWatch(channel, identity, loop, random);
    loop.execute(watch::connect);
    return watch;
  }

  private TrustWatch(
      ControlChannel channel, IdentityClient identity, ControlLoop loop, Randomness random) {
    this.channel = channel;
    this.identity = identity;
    this.loop = loop;
    this.backoff = new Backoff(FIRST_RETRY_NANOS, LAST_RETRY_NANOS, random);
  }

  private void connect() {
    if (closed) {
      return;
    }
    Stream opened = new Stream();
    stream = opened;
    var unused = IdentityGrpc.newStub(channel.channel()).withWaitForReady().watchTrust(opened);
    acknowledge();
  }

  /** Tells what is in force, after a certificate as well; on the control loop. */
  public void acknowledge() {
    if (stream != null) {
      stream.send(
          TrustAck.newBuilder().setSequence(sequence).setAuthority(identity.authority()).build());
    }
  }

  private void received(Stream from, Trust trust) {
    if (from == stream && identity.trust(trust)) {
      backoff.reset();
      sequence = trust.getSequence();
      acknowledge();
    }
  }

  private void closed(Stream from) {
    if (from == stream) {
      stream = null;
      timer = loop.schedule(backoff.nextNanos(), this::connect);
    }
  }

  @Override
  public void close() {
    closed = true;
    timer.cancel();
    if (stream != null) {
      stream.cancel();
    }
  }

  /** One stream; its callbacks move to the control loop. */
  private final class Stream implements ClientResponseObserver<TrustAck, Trust> {
    private @Nullable ClientCallStreamObserver<TrustAck> requests;

    @Override
    public void beforeStart(ClientCallStreamObserver<TrustAck> observer) {
      requests = observer;
    }

    @Override
    public void onNext(Trust trust) {
      loop.execute(() -> received(this, trust));
    }

    @Override
    public void onError(Throwable failure) {
      loop.execute(() -> closed(this));
    }

    @Override
    public void onCompleted() {
      loop.execute(() -> closed(this));
    }

    void send(TrustAck ack) {
      ClientCallStreamObserver<TrustAck> observer = requests;
      if (observer != null) {
        observer.onNext(ack);
      }
    }

    void cancel() {
      ClientCallStreamObserver<TrustAck> observer = requests;
      if (observer != null) {
        observer.cancel(Status.CANCELLED.getCode().name(), null);
      }
    }
  }
}

package io.inmesh.wire;

import io.grpc.ChannelCredentials;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import io.grpc.netty.NettyChannelBuilder;
import io.inmesh.control.Randomness;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Resolves {@code host:port} of the control server to all its addresses, in random order so that
 * processes spread over replicas. A name that does not resolve is handed on as it is: connecting to
 * it fails with the reason, whereas gRPC would log a warning with a stack at every attempt.
 */
final class ControlResolver extends NameResolver {
  private static final String SCHEME = "inmesh-control";

  private final String authority;
  private final String host;
  private final int port;
  private final Executor blocking;
  private final SynchronizationContext sync;
  private final Randomness random;
  private final CompletionStage<Void> ready;
  private @Nullable Listener2 listener;
  private boolean resolving;

  private ControlResolver(
      String authority, Args args, Randomness random, CompletionStage<Void> ready) {
    this.authority = authority;
    int colon = authority.lastIndexOf(':');
    String name = authority.substring(0, colon);
    host = name.startsWith("[") && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
    port = Integer.parseInt(authority.substring(colon + 1));
    Executor offload = args.getOffloadExecutor();
    blocking = offload == null ? ControlResolver::onOwnThread : offload;
    sync = args.getSynchronizationContext();
    this.random = random;
    this.ready = ready;
  }

  /**
   * A channel to {@code host:port}, or to a gRPC target with a scheme of its own.
   *
   * @param ready calls wait until it completes; it never fails
   */
  @SuppressWarnings("deprecation") // the other way is to register in a process-wide registry
  static NettyChannelBuilder builder(
      String target,
      ChannelCredentials credentials,
      Randomness random,
      CompletionStage<Void> ready) {
    if (!target.matches("[^/:]+:\\d+|\\[[^/]+]:\\d+")) {
      return NettyChannelBuilder.forTarget(target, credentials);
    }
    return NettyChannelBuilder.forTarget(SCHEME + ":///control", credentials)
        .overrideAuthority(target)
        .nameResolverFactory(
            new NameResolver.Factory() {
              @Override
              public NameResolver newNameResolver(URI uri, Args args) {
                return new ControlResolver(target, args, random, ready);
              }

              @Override
              public String getDefaultScheme() {
                return SCHEME;
              }
            });
  }

  @Override
  public String getServiceAuthority() {
    return authority;
  }

  @Override
  public void start(Listener2 added) {
    listener = added;
    var unused = ready.thenRun(() -> sync.execute(this::refresh));
  }

  @Override
  public void refresh() {
    if (!resolving && listener != null && ready.toCompletableFuture().isDone()) {
      resolving = true;
      blocking.execute(this::resolve);
    }
  }

  @Override
  public void shutdown() {
    listener = null;
  }

  private void resolve() {
    List<SocketAddress> addresses = new ArrayList<>();
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        addresses.add(new InetSocketAddress(address, port));
      }
      Collections.shuffle(addresses, new Random(random.nextLong()));
    } catch (UnknownHostException e) {
      addresses.add(InetSocketAddress.createUnresolved(host, port));
    }
    List<EquivalentAddressGroup> groups =
        addresses.stream().map(EquivalentAddressGroup::new).toList();
    sync.execute(
        () -> {
          resolving = false;
          Listener2 told = listener;
          if (told != null) {
            told.onResult(
                ResolutionResult.newBuilder()
                    .setAddressesOrError(StatusOr.fromValue(groups))
                    .build());
          }
        });
  }

  private static void onOwnThread(Runnable task) {
    Thread thread = new Thread(task, "inmesh-resolver");
    thread.setDaemon(true);
    thread.start();
  }
}

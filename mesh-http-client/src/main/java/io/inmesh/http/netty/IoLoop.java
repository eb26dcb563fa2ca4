package io.inmesh.http.netty;

import io.inmesh.control.Cancellable;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One event loop of a {@link ClientTransport}, with the pools that live on it. {@link #execute} and
 * {@link #schedule} are thread-safe; the pools are confined to the loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
public final class IoLoop {
  private record Timer(ScheduledFuture<?> future) implements Cancellable {
    @Override
    public void cancel() {
      future.cancel(false);
    }
  }

  final ClientTransport transport;
  final EventLoop events;
  private final Map<PoolKey, EndpointPool> pools = new HashMap<>();
  private boolean housekeeping;

  IoLoop(ClientTransport transport, EventLoop events) {
    this.transport = transport;
    this.events = events;
  }

  /** Whether the caller runs on it. */
  public boolean inLoop() {
    return events.inEventLoop();
  }

  /** Runs a task on the loop, soon. */
  public void execute(Runnable task) {
    events.execute(task);
  }

  /** Runs a task on the loop after a delay in nanoseconds. */
  public Cancellable schedule(long delayNanos, Runnable task) {
    return new Timer(events.schedule(task, delayNanos, TimeUnit.NANOSECONDS));
  }

  EndpointPool pool(PoolKey key) {
    EndpointPool pool = pools.get(key);
    if (pool == null) {
      pool = new EndpointPool(this, key);
      pools.put(key, pool);
      if (!housekeeping) {
        housekeeping = true;
        keepHouse();
      }
    }
    return pool;
  }

  void closePools() {
    for (EndpointPool pool : new ArrayList<>(pools.values())) {
      pool.close();
    }
  }

  /** TLS material changed: ends connections that are not to be trusted any more. */
  void judgePools() {
    for (EndpointPool pool : new ArrayList<>(pools.values())) {
      pool.judge();
    }
  }

  /** Adds this loop's share to a count. */
  void count(PoolStats stats) {
    for (EndpointPool pool : pools.values()) {
      pool.count(stats);
    }
  }

  /** Each second: idle and aged connections, dead peers. */
  private void keepHouse() {
    events.schedule(
        () -> {
          long now = System.nanoTime();
          pools.values().removeIf(pool -> pool.tick(now));
          housekeeping = !pools.isEmpty();
          if (housekeeping) {
            keepHouse();
          }
        },
        1,
        TimeUnit.SECONDS);
  }
}

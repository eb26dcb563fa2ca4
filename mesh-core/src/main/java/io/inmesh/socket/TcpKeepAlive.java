package io.inmesh.socket;

import io.inmesh.model.ConnectionPolicy;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The operating system's keep-alive of one TCP connection. The JDK's channels and Netty's native
 * ones have the options under names of their own; where a system has none, it keeps its defaults.
 */
public final class TcpKeepAlive {
  private static final Set<String> IDLE = Set.of("TCP_KEEPIDLE");
  private static final Set<String> INTERVAL = Set.of("TCP_KEEPINTERVAL", "TCP_KEEPINTVL");
  private static final Set<String> PROBES = Set.of("TCP_KEEPCOUNT", "TCP_KEEPCNT");

  private TcpKeepAlive() {}

  /**
   * Sets it, before the channel connects.
   *
   * @param wanted null: everything stays as it is
   */
  public static void apply(Channel channel, ConnectionPolicy.@Nullable TcpKeepAlive wanted) {
    if (wanted == null) {
      return;
    }
    ChannelConfig config = channel.config();
    config.setOption(ChannelOption.SO_KEEPALIVE, true);
    for (ChannelOption<?> option : config.getOptions().keySet()) {
      String name = option.name().substring(option.name().indexOf('#') + 1);
      if (IDLE.contains(name)) {
        set(config, option, seconds(wanted.idle()));
      } else if (INTERVAL.contains(name)) {
        set(config, option, seconds(wanted.interval()));
      } else if (PROBES.contains(name)) {
        set(config, option, wanted.probes());
      }
    }
  }

  @SuppressWarnings("unchecked") // all three are numbers, in the JDK as in Netty
  private static void set(ChannelConfig config, ChannelOption<?> option, int value) {
    if (value > 0) {
      config.setOption((ChannelOption<Integer>) option, value);
    }
  }

  private static int seconds(@Nullable Duration time) {
    return time == null ? 0 : (int) Math.min(Short.MAX_VALUE, Math.max(1, time.toSeconds()));
  }
}

package io.inmesh.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.inmesh.model.ConnectionPolicy;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TcpKeepAliveTest {
  private static Map<String, Object> options(ConnectionPolicy.@Nullable TcpKeepAlive wanted) {
    Channel channel = new NioSocketChannel();
    try {
      TcpKeepAlive.apply(channel, wanted);
      return channel.config().getOptions().entrySet().stream()
          .filter(option -> option.getKey().name().contains("KEEP"))
          .collect(
              Collectors.toMap(
                  option -> option.getKey().name(), Map.Entry::getValue, (one, same) -> one));
    } finally {
      channel.unsafe().closeForcibly();
    }
  }

  @Test
  void everythingSaid_isSet() {
    Map<String, Object> options =
        options(
            new ConnectionPolicy.TcpKeepAlive(4, Duration.ofSeconds(70), Duration.ofSeconds(7)));
    assertThat(options).containsEntry(ChannelOption.SO_KEEPALIVE.name(), true);
    assumeTrue(options.containsKey("TCP_KEEPIDLE"), "this system has no such options");
    assertThat(options)
        .containsEntry("TCP_KEEPIDLE", 70)
        .containsEntry("TCP_KEEPINTERVAL", 7)
        .containsEntry("TCP_KEEPCOUNT", 4);
  }

  @Test
  void nothingButThatItIsWanted_leavesTheSystemsNumbers() {
    Map<String, Object> usual = options(null);
    Map<String, Object> options = options(new ConnectionPolicy.TcpKeepAlive(0, null, null));
    assertThat(usual).containsEntry(ChannelOption.SO_KEEPALIVE.name(), false);
    assertThat(options).containsEntry(ChannelOption.SO_KEEPALIVE.name(), true);
    usual.keySet().stream()
        .filter(name -> name.startsWith("TCP"))
        .forEach(name -> assertThat(options.get(name)).isEqualTo(usual.get(name)));
  }
}

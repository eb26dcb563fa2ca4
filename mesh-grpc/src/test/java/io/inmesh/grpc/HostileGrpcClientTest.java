package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.testing.OpenCall;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that no gRPC client would send, at a server that refuses one method to everybody. */
@SuppressWarnings("FutureReturnValueIgnored") // failures are seen as answers that do not come
class HostileGrpcClientTest {
  private static final String DENIED = "/test.Strings/Unary";

  private final EngineMesh mesh = new EngineMesh();
  private final TestService service = new TestService();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private Channel connection;

  @BeforeEach
  void start() throws Exception {
    mesh.inbound =
        new Inbound() {
          @Override
          public Admission admit(RequestHead head, Peer from) {
            asked.add(head.path());
            return head.path().equals(DENIED)
                ? new Admission.Denied(
                    new LocalReply(403, 7, List.of(), "RBAC: access denied", Reason.DENIED))
                : new Admission.Allowed(new OpenCall());
          }
        };
    service.start(
        MeshServers.builder(mesh, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
    connection =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forClient().validateHeaders(false).build(),
                            new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                  }
                })
            .connect(InetAddress.getLoopbackAddress(), service.port())
            .sync()
            .channel();
  }

  @AfterEach
  void stop() {
    connection.close();
    service.close();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private static Http2Headers head(String path) {
    return new DefaultHttp2Headers(false)
        .method("POST")
        .scheme("http")
        .authority("orders")
        .path(path)
        .add("content-type", "application/grpc")
        .add("te", "trailers");
  }

  /**
   * What a request with one small message ends with: {@code status grpc-status}, or {@code reset}.
   */
  private String answer(Http2Headers head) throws Exception {
    return answer(head, stream -> {});
  }

  private String answer(Http2Headers head, Consumer<Http2StreamChannel> more) throws Exception {
    CompletableFuture<String> end = new CompletableFuture<>();
    Http2StreamChannel stream =
        new Http2StreamChannelBootstrap(connection)
            .handler(
                new ChannelInboundHandlerAdapter() {
                  private CharSequence status = "";

                  @Override
                  public void channelRead(ChannelHandlerContext context, Object frame) {
                    if (frame instanceof Http2HeadersFrame fields) {
                      status =
                          fields.headers().status() == null ? status : fields.headers().status();
                      if (fields.isEndStream()) {
                        end.complete(status + " " + fields.headers().get("grpc-status"));
                      }
                    } else if (frame instanceof Http2DataFrame data && data.isEndStream()) {
                      end.complete(status + " -");
                    } else if (frame instanceof Http2ResetFrame) {
                      end.complete("reset");
                    }
                    ReferenceCountUtil.release(frame);
                  }

                  @Override
                  public void userEventTriggered(ChannelHandlerContext context, Object event) {
                    if (event instanceof Http2ResetFrame) {
                      end.complete("reset");
                    }
                  }

                  @Override
                  public void channelInactive(ChannelHandlerContext context) {
                    end.complete("reset");
                  }
                })
            .open()
            .sync()
            .getNow();
    stream.write(new DefaultHttp2HeadersFrame(head, false));
    more.accept(stream);
    stream.writeAndFlush(
        new DefaultHttp2DataFrame(
            Unpooled.wrappedBuffer(new byte[] {0, 0, 0, 0, 2, 'h', 'i'}), true));
    return end.get(20, TimeUnit.SECONDS);
  }

  @Test
  void usualRequest_isHandled_orRefused() throws Exception {
    assertThat(answer(head(DENIED))).isEqualTo("200 7");
    assertThat(service.calls).hasValue(0);
    assertThat(answer(head("/test.Strings/Bidi"))).isEqualTo("200 0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "test.Strings/Unary",
        "//test.Strings/Unary",
        "/test.Strings//Unary",
        "/test.Strings/Unary/",
        "/test.Strings/./Unary",
        "/test.Strings/Bidi/../Unary",
        "/test.Strings%2fUnary",
        "/test.Strings/%55nary",
        "/test.Strings/Unary?x=1",
        "/test.Strings/Unary#x",
        "/test.Strings/Unary;x=1",
        "/TEST.Strings/Unary",
        "/test.Strings/unary",
        "/test.Strings/Unary\u0000",
        "http://orders/test.Strings/Unary",
        "*",
        "/",
        ""
      })
  void deniedMethod_isNotReached_inAnyDisguise(String path) throws Exception {
    assertThat(answer(head(path))).isNotEqualTo("200 0");
    assertThat(service.calls).hasValue(0);
    assertThat(asked).doesNotContain("/test.Strings/Bidi");
  }

  @ParameterizedTest
  @CsvSource({
    "content-type, text/plain",
    "content-type, ''",
    ":method, GET",
    ":method, CONNECT",
    "grpc-timeout, forever",
    "grpc-timeout, -1S",
    "grpc-encoding, bomb",
    "connection, close",
    "transfer-encoding, chunked",
    "X-Upper, a"
  })
  void requestThatIsNoGrpc_isRefused(String field, String value) throws Exception {
    Http2Headers head = head("/test.Strings/Unary");
    head.set(field, value);
    assertThat(answer(head)).isNotEqualTo("200 0");
    assertThat(service.calls).hasValue(0);
  }

  @ParameterizedTest
  @CsvSource({"/test.Strings/Unary, /test.Strings/Bidi", "/test.Strings/Bidi, /test.Strings/Unary"})
  void twoPaths_areNotReadAsOneEach(String first, String second) throws Exception {
    Http2Headers head = head(first);
    head.add(":path", second);
    String unused = answer(head);
    assertThat(service.calls.get())
        .as("what was decided about is what is called")
        .isEqualTo((int) asked.stream().filter("/test.Strings/Bidi"::equals).count());
  }

  @Test
  void head_thatIsTooLarge_isRefused() throws Exception {
    Http2Headers large = head("/test.Strings/Bidi");
    large.add("x-large", "y".repeat(20_000));
    assertThat(answer(large)).isNotEqualTo("200 0");
    assertThat(service.calls).hasValue(0);
  }

  @Test
  void message_thatAnnouncesMoreThan4MiB_isRefused() throws Exception {
    assertThat(
            answer(
                head("/test.Strings/Bidi"),
                stream ->
                    stream.write(
                        new DefaultHttp2DataFrame(
                            Unpooled.wrappedBuffer(new byte[] {0, 0x7f, 0, 0, 0}), false))))
        .isIn("200 8", "reset");
  }
}

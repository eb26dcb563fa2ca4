package io.inmesh.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.envoyproxy.envoy.service.auth.v3.DeniedHttpResponse;
import io.envoyproxy.envoy.service.auth.v3.OkHttpResponse;
import io.inmesh.model.AccessAnswer;
import io.inmesh.model.AccessQuestion;
import io.inmesh.model.HeaderAdd;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Questions and answers as messages of {@code envoy.service.auth.v3.Authorization}. Stateless. */
public final class CheckMessages {
  /** The method that is called, as gRPC names it. */
  public static final String METHOD = "envoy.service.auth.v3.Authorization/Check";

  private static final int FORBIDDEN = 403;
  private static final int MAX_NESTING = 16;

  private CheckMessages() {}

  /**
   * A {@code CheckRequest}.
   *
   * @param epochMillis when the request arrived
   */
  public static byte[] question(AccessQuestion question, long epochMillis) {
    AttributeContext.HttpRequest.Builder http =
        AttributeContext.HttpRequest.newBuilder()
            .setMethod(question.method())
            .setScheme(question.scheme())
            .setHost(question.authority())
            .setPath(question.path())
            .setProtocol(question.protocol())
            .putAllHeaders(question.headers())
            .putHeaders(":method", question.method())
            .putHeaders(":scheme", question.scheme())
            .putHeaders(":authority", question.authority())
            .putHeaders(":path", question.path());
    AccessQuestion.Body body = question.body();
    if (body != null) {
      if (body.asBytes()) {
        http.setRawBody(ByteString.copyFrom(body.bytes().duplicate()));
      } else {
        http.setBody(StandardCharsets.UTF_8.decode(body.bytes().duplicate()).toString());
      }
    }
    AttributeContext.Builder attributes =
        AttributeContext.newBuilder()
            .setSource(peer(question.source(), question.sourceIdentity()))
            .setDestination(peer(question.destination(), ""))
            .setRequest(
                AttributeContext.Request.newBuilder()
                    .setTime(
                        Timestamp.newBuilder()
                            .setSeconds(Math.floorDiv(epochMillis, 1000L))
                            .setNanos((int) Math.floorMod(epochMillis, 1000L) * 1_000_000))
                    .setHttp(http));
    if (!question.serverName().isEmpty()) {
      attributes.setTlsSession(
          AttributeContext.TLSSession.newBuilder().setSni(question.serverName()));
    }
    return CheckRequest.newBuilder().setAttributes(attributes).build().toByteArray();
  }

  private static AttributeContext.Peer peer(@Nullable InetSocketAddress address, String identity) {
    AttributeContext.Peer.Builder peer = AttributeContext.Peer.newBuilder().setPrincipal(identity);
    if (address != null && address.getAddress() != null) {
      peer.setAddress(
          Address.newBuilder()
              .setSocketAddress(
                  SocketAddress.newBuilder()
                      .setAddress(address.getAddress().getHostAddress())
                      .setPortValue(address.getPort())));
    }
    return peer.build();
  }

  /**
   * What a {@code CheckResponse} says.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static AccessAnswer answer(byte[] message) {
    CheckResponse response;
    try {
      response = CheckResponse.parseFrom(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("answered with no CheckResponse", e);
    }
    return response.getStatus().getCode() == 0
        ? allowed(response.getOkResponse(), response.getDynamicMetadata())
        : denied(response.getDeniedResponse());
  }

  private static AccessAnswer allowed(OkHttpResponse ok, Struct told) {
    return new AccessAnswer.Allowed(
        changes(ok.getHeadersList()),
        ok.getHeadersToRemoveList().stream().map(name -> name.toLowerCase(Locale.ROOT)).toList(),
        changes(ok.getResponseHeadersToAddList()),
        map(told, 0),
        new AccessAnswer.QueryChange(
            ok.getQueryParametersToSetList().stream()
                .map(set -> Map.entry(set.getKey(), set.getValue()))
                .toList(),
            ok.getQueryParametersToRemoveList()));
  }

  private static AccessAnswer denied(DeniedHttpResponse denied) {
    int status = denied.getStatus().getCodeValue();
    return new AccessAnswer.Denied(
        status < 200 || status > 599 ? FORBIDDEN : status,
        changes(denied.getHeadersList()).stream()
            .map(change -> Map.entry(change.name(), change.value()))
            .toList(),
        denied.getBody());
  }

  /** A field whose name or value could not be written is left out. */
  private static List<HeaderAdd> changes(List<HeaderValueOption> options) {
    List<HeaderAdd> changes = new ArrayList<>(options.size());
    for (HeaderValueOption option : options) {
      String name = option.getHeader().getKey().toLowerCase(Locale.ROOT);
      String value =
          option.getHeader().getValue().isEmpty()
              ? option.getHeader().getRawValue().toStringUtf8()
              : option.getHeader().getValue();
      if (value.chars().allMatch(c -> (c >= ' ' || c == '\t') && c != 127)) {
        changes.add(new HeaderAdd(name, value, mode(option)));
      }
    }
    return changes;
  }

  /** Fields replace those that are there, unless the answer says otherwise. */
  @SuppressWarnings("deprecation") // what servers of any age write
  private static HeaderAdd.Mode mode(HeaderValueOption option) {
    if (option.getAppend().getValue()) {
      return HeaderAdd.Mode.APPEND;
    }
    return switch (option.getAppendAction()) {
      case ADD_IF_ABSENT -> HeaderAdd.Mode.ADD_IF_ABSENT;
      case OVERWRITE_IF_EXISTS -> HeaderAdd.Mode.OVERWRITE_IF_EXISTS;
      default -> HeaderAdd.Mode.OVERWRITE;
    };
  }

  private static Map<String, Object> map(Struct struct, int depth) {
    Map<String, Object> map = new HashMap<>();
    struct
        .getFieldsMap()
        .forEach(
            (name, value) -> {
              Object converted = value(value, depth + 1);
              if (converted != null) {
                map.put(name, converted);
              }
            });
    return map;
  }

  private static @Nullable Object value(Value value, int depth) {
    if (depth > MAX_NESTING) {
      return null;
    }
    return switch (value.getKindCase()) {
      case STRING_VALUE -> value.getStringValue();
      case NUMBER_VALUE -> value.getNumberValue();
      case BOOL_VALUE -> value.getBoolValue();
      case STRUCT_VALUE -> map(value.getStructValue(), depth);
      case LIST_VALUE -> {
        List<Object> list = new ArrayList<>();
        for (Value item : value.getListValue().getValuesList()) {
          Object converted = value(item, depth + 1);
          if (converted != null) {
            list.add(converted);
          }
        }
        yield list;
      }
      default -> null;
    };
  }
}

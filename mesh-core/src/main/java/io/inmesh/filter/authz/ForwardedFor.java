package io.inmesh.filter.authz;

import io.inmesh.call.Headers;
import io.inmesh.model.IpLiteral;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The address that the nearest proxy saw: the last one of {@code x-forwarded-for}, which the sender
 * cannot choose where that proxy appends. Stateless.
 */
final class ForwardedFor {
  private static final String NAME = "x-forwarded-for";

  private ForwardedFor() {}

  /** Null if there is none, or it is no address. */
  static byte @Nullable [] last(Headers headers) {
    if (headers.get(NAME) == null) {
      return null;
    }
    List<String> values = headers.all(NAME);
    String value = values.get(values.size() - 1);
    String address = value.substring(value.lastIndexOf(',') + 1).strip();
    InetAddress parsed = IpLiteral.parse(address);
    return parsed == null ? null : parsed.getAddress();
  }
}

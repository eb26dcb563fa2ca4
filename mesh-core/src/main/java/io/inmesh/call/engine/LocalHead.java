package io.inmesh.call.engine;

import io.inmesh.call.Headers;
import io.inmesh.call.LocalReply;
import io.inmesh.call.ResponseHead;
import io.inmesh.filter.FilterRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The head of an answer the engine gives itself, so that filters can work on it. */
final class LocalHead implements ResponseHead, Headers {
  private final int status;
  private final List<Map.Entry<String, String>> fields;

  LocalHead(LocalReply reply) {
    this.status = reply.status();
    this.fields = new ArrayList<>(reply.headers());
  }

  /** A reply as filters change it on its way. */
  static LocalReply through(FilterRun filters, LocalReply reply) {
    LocalHead local = new LocalHead(reply);
    filters.response(local);
    return new LocalReply(
        reply.status(), reply.grpcStatus(), local.fields, reply.body(), reply.reason());
  }

  List<Map.Entry<String, String>> fields() {
    return fields;
  }

  @Override
  public int status() {
    return status;
  }

  @Override
  public int grpcStatus() {
    return NO_GRPC_STATUS;
  }

  @Override
  public Headers headers() {
    return this;
  }

  @Override
  public @Nullable String get(String name) {
    for (Map.Entry<String, String> field : fields) {
      if (field.getKey().equals(name)) {
        return field.getValue();
      }
    }
    return null;
  }

  @Override
  public List<String> all(String name) {
    return fields.stream().filter(f -> f.getKey().equals(name)).map(Map.Entry::getValue).toList();
  }

  @Override
  public void set(String name, String value) {
    remove(name);
    add(name, value);
  }

  @Override
  public void add(String name, String value) {
    fields.add(Map.entry(name, value));
  }

  @Override
  public void remove(String name) {
    fields.removeIf(field -> field.getKey().equals(name));
  }

  @Override
  public void forEach(Visitor visitor) {
    for (Map.Entry<String, String> field : List.copyOf(fields)) {
      visitor.field(field.getKey(), field.getValue());
    }
  }
}

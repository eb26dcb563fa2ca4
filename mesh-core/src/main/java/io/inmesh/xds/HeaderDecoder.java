package io.inmesh.xds;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.inmesh.model.HeaderAdd;
import io.inmesh.model.HeaderChanges;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Header manipulation, as fields of routes and as a filter's mutations. */
final class HeaderDecoder {
  private final Decoding decoding;

  HeaderDecoder(Decoding decoding) {
    this.decoding = decoding;
  }

  HeaderChanges changes(
      List<HeaderValueOption> requestAdds,
      List<String> requestRemoves,
      List<HeaderValueOption> responseAdds,
      List<String> responseRemoves,
      FieldPath path)
      throws Rejection {
    if (requestAdds.isEmpty()
        && requestRemoves.isEmpty()
        && responseAdds.isEmpty()
        && responseRemoves.isEmpty()) {
      return HeaderChanges.NONE;
    }
    return new HeaderChanges(
        adds(requestAdds, path, "request_headers_to_add"),
        removes(requestRemoves, path, "request_headers_to_remove"),
        adds(responseAdds, path, "response_headers_to_add"),
        removes(responseRemoves, path, "response_headers_to_remove"));
  }

  /**
   * An ordered list of mutations as removals followed by additions: a removal takes back the
   * additions before it.
   *
   * @param adds receives the additions
   * @param removes receives the removals
   */
  void mutations(
      List<HeaderMutation> mutations,
      FieldPath path,
      String field,
      List<HeaderAdd> adds,
      List<String> removes)
      throws Rejection {
    Set<String> removed = new HashSet<>();
    for (int i = 0; i < mutations.size(); i++) {
      HeaderMutation mutation = mutations.get(i);
      FieldPath at = path.field(field, i);
      switch (mutation.getActionCase()) {
        case REMOVE -> {
          String name = ordinaryName(mutation.getRemove(), at.field("remove"));
          adds.removeIf(add -> add.name().equals(name));
          removed.add(name);
        }
        case APPEND -> {
          HeaderAdd add = add(mutation.getAppend(), at.field("append"));
          if (add != null) {
            adds.add(add);
          }
        }
        default -> throw new Rejection(at, "has no action that is supported");
      }
    }
    removes.addAll(removed);
  }

  /** Fields to add. */
  List<HeaderAdd> adds(List<HeaderValueOption> options, FieldPath path, String field)
      throws Rejection {
    List<HeaderAdd> adds = new ArrayList<>(options.size());
    for (int i = 0; i < options.size(); i++) {
      HeaderAdd add = add(options.get(i), path.field(field, i));
      if (add != null) {
        adds.add(add);
      }
    }
    return adds;
  }

  /** Null where nothing is to be added: an empty value that is not kept. */
  @SuppressWarnings("deprecation")
  private @Nullable HeaderAdd add(HeaderValueOption option, FieldPath path) throws Rejection {
    String name = ordinaryName(option.getHeader().getKey(), path.field("header").field("key"));
    ByteString raw = option.getHeader().getRawValue();
    String value = raw.isEmpty() ? option.getHeader().getValue() : raw.toStringUtf8();
    decoding.headerValue(value, path.field("header").field("value"));
    if (value.length() > 16_384) {
      throw new Rejection(path.field("header").field("value"), "is longer than 16384 bytes");
    }
    if (value.isEmpty() && !option.getKeepEmptyValue()) {
      return null;
    }
    return new HeaderAdd(name, value, mode(option, path));
  }

  @SuppressWarnings("deprecation")
  private static HeaderAdd.Mode mode(HeaderValueOption option, FieldPath path) throws Rejection {
    if (option.hasAppend()) {
      return option.getAppend().getValue() ? HeaderAdd.Mode.APPEND : HeaderAdd.Mode.OVERWRITE;
    }
    return switch (option.getAppendAction()) {
      case APPEND_IF_EXISTS_OR_ADD -> HeaderAdd.Mode.APPEND;
      case ADD_IF_ABSENT -> HeaderAdd.Mode.ADD_IF_ABSENT;
      case OVERWRITE_IF_EXISTS_OR_ADD -> HeaderAdd.Mode.OVERWRITE;
      case OVERWRITE_IF_EXISTS -> HeaderAdd.Mode.OVERWRITE_IF_EXISTS;
      default -> throw new Rejection(path.field("append_action"), "is unknown to this version");
    };
  }

  private List<String> removes(List<String> names, FieldPath path, String field) throws Rejection {
    List<String> removes = new ArrayList<>(names.size());
    for (int i = 0; i < names.size(); i++) {
      removes.add(ordinaryName(names.get(i), path.field(field, i)));
    }
    return removes;
  }

  private String ordinaryName(String name, FieldPath path) throws Rejection {
    String lower = decoding.headerName(name, path);
    if (lower.startsWith(":") || lower.equals("host")) {
      throw new Rejection(path, "must not be a pseudo-header or host");
    }
    return lower;
  }
}

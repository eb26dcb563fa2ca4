package io.inmesh.xds;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.inmesh.xds.SupportedFields.Treatment;
import java.util.List;
import java.util.Map;

/** Visits every populated field of a resource and acts as {@link SupportedFields} says. */
final class FieldAudit {
  private static final int MAX_DEPTH = 64;

  private FieldAudit() {}

  /** Throws for what is refused, remarks on what has no effect. */
  static void check(Message message, FieldPath path, Decoding decoding) throws Rejection {
    check(message, path, decoding, 0);
  }

  private static void check(Message message, FieldPath path, Decoding decoding, int depth)
      throws Rejection {
    SupportedFields.Rules rules = SupportedFields.of(message.getClass());
    if (rules == null) {
      return;
    }
    if (depth > MAX_DEPTH) {
      throw new Rejection(path, "is nested too deeply");
    }
    if (!message.getUnknownFields().asMap().isEmpty()) {
      Integer number = message.getUnknownFields().asMap().keySet().iterator().next();
      if (rules.strict()) {
        throw new Rejection(path, "has field number " + number + ", which this version lacks");
      }
      decoding.remark(path, "field number " + number + " is unknown to this version, no effect");
    }
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      Treatment treatment = rules.treatment(field);
      switch (treatment) {
        case SUPPORTED -> descend(field, entry.getValue(), path, decoding, depth);
        case IGNORED -> {}
        case WITHOUT_EFFECT ->
            decoding.remark(path.field(field.getName()), "is not supported, no effect");
        case REFUSED ->
            throw new Rejection(
                path.field(field.getName()),
                "is not supported, and leaving it out would change where requests go or who may"
                    + " send them");
      }
    }
  }

  private static void descend(
      FieldDescriptor field, Object value, FieldPath path, Decoding decoding, int depth)
      throws Rejection {
    if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
      return;
    }
    if (!field.isRepeated()) {
      check((Message) value, path.field(field.getName()), decoding, depth + 1);
      return;
    }
    if (field.isMapField()) {
      return;
    }
    List<?> values = (List<?>) value;
    for (int i = 0; i < values.size(); i++) {
      check((Message) values.get(i), path.field(field.getName(), i), decoding, depth + 1);
    }
  }
}

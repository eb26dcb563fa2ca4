package io.inmesh.server.ads;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A change of the store that streams see as a whole: resources to add or replace, resources to
 * remove. The order of calls does not matter, but the last call for a (type URL, name, view) wins.
 * Immutable once built.
 */
public final class ResourceBatch {
  /** Where a resource lives in the store. */
  record Key(String typeUrl, String name, String view) {}

  private final Map<Key, @Nullable EncodedResource> changes;
  private final boolean complete;
  private final OptionalLong changedAtNanos;

  private ResourceBatch(Builder builder) {
    this.changes = new LinkedHashMap<>(builder.changes);
    this.complete = builder.complete;
    this.changedAtNanos = builder.changedAtNanos;
  }

  /** An empty batch to add to. */
  public static Builder builder() {
    return new Builder();
  }

  /** The changes; an absent value is a removal. */
  Map<Key, @Nullable EncodedResource> changes() {
    return changes;
  }

  boolean complete() {
    return complete;
  }

  OptionalLong changedAtNanos() {
    return changedAtNanos;
  }

  /** Collects the changes. Not thread-safe. */
  public static final class Builder {
    private final Map<Key, @Nullable EncodedResource> changes = new LinkedHashMap<>();
    private boolean complete;
    private OptionalLong changedAtNanos = OptionalLong.empty();

    private Builder() {}

    /**
     * Adds or replaces a resource. It is serialized here, deterministically; a resource that holds
     * a packed {@code Any} of a message with map fields must itself pack deterministically, else
     * equal content gets different versions.
     *
     * @param typeUrl the type of the resource, usually from {@link TypeUrl}
     * @param name the resource name clients subscribe to
     * @param view {@link ResourceStore#DEFAULT_VIEW} or a key that {@link ViewSelector} hands out
     */
    @CanIgnoreReturnValue
    public Builder upsert(String typeUrl, String name, String view, Message resource) {
      byte[] bytes = new byte[resource.getSerializedSize()];
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.useDeterministicSerialization();
      try {
        resource.writeTo(out);
        out.checkNoSpaceLeft();
      } catch (IOException e) {
        throw new UncheckedIOException("an array of the serialized size was too small", e);
      }
      return upsertEncoded(typeUrl, name, view, bytes);
    }

    /** Adds or replaces a resource that is already serialized; the array is kept. */
    @CanIgnoreReturnValue
    public Builder upsertEncoded(String typeUrl, String name, String view, byte[] value) {
      if (name.isEmpty() || name.equals("*")) {
        throw new IllegalArgumentException(
            "a resource of type " + typeUrl + " must have a name other than '" + name + "'");
      }
      changes.put(new Key(typeUrl, name, view), EncodedResource.encode(typeUrl, name, value));
      return this;
    }

    /** Removes a resource from a view; has no effect if it is not there. */
    @CanIgnoreReturnValue
    public Builder remove(String typeUrl, String name, String view) {
      changes.put(new Key(typeUrl, name, view), null);
      return this;
    }

    /** Makes the batch the whole truth: everything it does not add is removed from the store. */
    @CanIgnoreReturnValue
    public Builder complete() {
      complete = true;
      return this;
    }

    /**
     * When the event behind this change happened, by the store's monotonic clock; the convergence
     * time is counted from here. Without it, from the publication.
     */
    @CanIgnoreReturnValue
    public Builder changedAt(long nanoTime) {
      changedAtNanos = OptionalLong.of(nanoTime);
      return this;
    }

    /** The batch as collected so far. */
    public ResourceBatch build() {
      return new ResourceBatch(this);
    }
  }
}

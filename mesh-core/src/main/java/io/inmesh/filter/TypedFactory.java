package io.inmesh.filter;

import io.inmesh.model.FilterConfig;

/** A factory whose settings are a record of the model. */
abstract class TypedFactory<S> implements FilterFactory {
  private final String typeUrl;
  private final Class<S> settings;

  TypedFactory(String type, Class<S> settings) {
    this.typeUrl = "type.googleapis.com/" + type;
    this.settings = settings;
  }

  abstract MeshFilter create(S settings);

  @Override
  public final String typeUrl() {
    return typeUrl;
  }

  @Override
  public final MeshFilter create(FilterConfig config, Side side) {
    if (!settings.isInstance(config.settings())) {
      throw new IllegalArgumentException(
          "its settings are no " + settings.getSimpleName() + " but " + config.settings());
    }
    return create(settings.cast(config.settings()));
  }
}

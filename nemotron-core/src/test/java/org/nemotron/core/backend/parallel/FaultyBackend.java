package org.nemotron.core.backend.parallel;

import com.google.common.primitives.ImmutableLongArray;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.ModelSpec;

/**
 * A rank whose second step begins with a fault.
 *
 * @param isFaulty whether this is the rank
 */
public record FaultyBackend(RankBackend device, boolean isFaulty, Runnable fault)
    implements RankBackend {
  @Override
  public WeightFormat bestFormat() {
    return device.bestFormat();
  }

  @Override
  public int usualRows() {
    return device.usualRows();
  }

  @Override
  public long bytesPerPage(RankShare share, KvFormat format) {
    return device.bytesPerPage(share, format);
  }

  @Override
  public InferenceModel prepare(
      RankShare share, RankMember member, WeightSource weights, ModelFormat format, int maxRows) {
    InferenceModel model = device.prepare(share, member, weights, format, maxRows);
    return isFaulty ? new Model(model, fault) : model;
  }

  @Override
  public void close() {
    device.close();
  }

  private record Model(InferenceModel model, Runnable fault) implements InferenceModel {
    @Override
    public ModelSpec spec() {
      return model.spec();
    }

    @Override
    public int maxRows() {
      return model.maxRows();
    }

    @Override
    public int maxSequences() {
      return model.maxSequences();
    }

    @Override
    public boolean samplesTokens() {
      return model.samplesTokens();
    }

    @Override
    public long weightBytes() {
      return model.weightBytes();
    }

    @Override
    public InferenceSession newSession(int pages, KvFormat format) {
      return new Session(this, model.newSession(pages, format));
    }

    @Override
    public void close() {
      model.close();
    }
  }

  private static final class Session implements InferenceSession {
    private final Model model;
    private final InferenceSession session;
    private int steps;

    Session(Model model, InferenceSession session) {
      this.model = model;
      this.session = session;
    }

    @Override
    public InferenceModel model() {
      return model;
    }

    @Override
    public int pages() {
      return session.pages();
    }

    @Override
    public StepOutput step(ForwardBatch batch) {
      if (++steps == 2) {
        model.fault().run();
      }
      return session.step(batch);
    }

    @Override
    public ImmutableLongArray layerNanos(ForwardBatch batch) {
      return session.layerNanos(batch);
    }

    @Override
    public void close() {
      session.close();
    }
  }
}

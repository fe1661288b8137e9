/**
 * Architecture as data, readable model code, inference in steps, checkpoints, tokenizers and
 * provenance: the foundation of every other module.
 */
@SuppressWarnings("module") // nas, which core names, is compiled after it
module org.nemotron.core {
  requires static transitive com.google.errorprone.annotations;
  requires static transitive org.jspecify;
  requires ai.djl.tokenizers;
  requires com.fasterxml.jackson.core;
  requires transitive com.fasterxml.jackson.databind;
  requires transitive com.google.common;
  requires org.bytedeco.cuda;
  requires java.net.http;
  requires java.sql;
  requires org.apache.commons.compress;
  requires org.bytedeco.openblas;
  requires transitive org.bytedeco.pytorch;
  requires static com.github.luben.zstd_jni;
  requires static org.tukaani.xz;

  exports org.nemotron.core.activation;
  exports org.nemotron.core.backend;
  exports org.nemotron.core.checkpoint;
  exports org.nemotron.core.checkpoint.format;
  exports org.nemotron.core.checkpoint.safetensors;
  exports org.nemotron.core.cuda to
      org.nemotron.nas;
  exports org.nemotron.core.data;
  exports org.nemotron.core.distributed;
  exports org.nemotron.core.eval;
  exports org.nemotron.core.eval.data;
  exports org.nemotron.core.eval.stats;
  exports org.nemotron.core.eval.run;
  exports org.nemotron.core.eval.task;
  exports org.nemotron.core.eval.mtbench;
  exports org.nemotron.core.inference;
  exports org.nemotron.core.io;
  exports org.nemotron.core.nn;
  exports org.nemotron.core.parallel;
  exports org.nemotron.core.provenance;
  exports org.nemotron.core.spec;
  exports org.nemotron.core.tensor;
  exports org.nemotron.core.text;
}

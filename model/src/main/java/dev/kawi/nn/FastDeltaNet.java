package dev.kawi.nn;

import static dev.kawi.nn.FastExecutor.held;

import dev.kawi.kernel.Activation;
import dev.kawi.kernel.DeltaDecay;
import dev.kawi.kernel.DeltaJob;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

// How it works. The convolution is shared out by (sequence, piece of channels), the recurrence by
// (sequence, value head); each share takes all tokens of its sequence, one after another. The state
// of a sequence that is at its beginning is zero, whatever the memory held before.

/// The operations of a [GatedDeltaNet] for the fast executor. Like its tasks, these are filled anew
/// for each call.
final class FastDeltaNet {
  /// Channels of a share, few enough that a row of them stays in the first-level cache.
  private static final int PIECE = 512;

  private static final MemorySegment ZEROS = MemorySegment.ofArray(new float[PIECE]);

  private final Kernels kernels;
  private final ThreadTeam team;
  private final Scratch scratch;
  private final ConvolutionTask convolution = new ConvolutionTask();
  private final DecayTask decays = new DecayTask();
  private final DeltaTask deltas = new DeltaTask();

  FastDeltaNet(Kernels kernels, ThreadTeam team, Scratch scratch) {
    this.kernels = kernels;
    this.team = team;
    this.scratch = scratch;
  }

  /// See [Executor#shortConvolution].
  Tensor shortConvolution(GatedDeltaNet net, Tensor x, Step step) {
    Tensor y = scratch.tensor(x.rows(), x.cols());
    convolution.run(net, x, y, step);
    return y;
  }

  /// See [Executor#deltaRule].
  Tensor deltaRule(
      GatedDeltaNet net,
      Tensor query,
      Tensor key,
      Tensor value,
      Tensor beta,
      Tensor alpha,
      Step step) {
    Tensor decay = scratch.tensor(alpha.rows(), alpha.cols());
    decays.run(alpha, net.rates(), decay);
    Tensor y = scratch.tensor(value.rows(), value.cols());
    for (int worker = 0; worker < team.size(); worker++) {
      DeltaJob job = team.workspace(worker).delta();
      job.query = query;
      job.key = key;
      job.value = value;
      job.beta = beta;
      job.decay = decay;
      job.out = y;
    }
    deltas.run(net, step);
    return y;
  }

  private static MemorySegment state(GatedDeltaNet net, Step step, int token) {
    return CpuTable.of(step, token).state(step.cache().layout().group(net.layer()));
  }

  private static void clear(MemorySegment memory, long at, long bytes) {
    for (long done = 0; done < bytes; done += ZEROS.byteSize()) {
      long count = Math.min(ZEROS.byteSize(), bytes - done);
      MemorySegment.copy(ZEROS, 0, memory, at + done, count);
    }
  }

  /// The short convolution, shared out by (sequence, piece of channels). Tokens of a sequence count
  /// from 0 on within the step; those before it, whose inputs are in the state, from -1 down.
  private final class ConvolutionTask implements ThreadTeam.Task {
    private @Nullable GatedDeltaNet net;
    private @Nullable Tensor x;
    private @Nullable Tensor y;
    private @Nullable Step step;
    private int channels;
    private int kept;
    private long stateAt;

    void run(GatedDeltaNet net, Tensor x, Tensor y, Step step) {
      this.net = net;
      this.x = x;
      this.y = y;
      this.step = step;
      this.channels = x.cols();
      this.kept = net.kernel() - 1;
      this.stateAt = CpuCache.of(step).stateOffset(net);
      team.run(step.numSequences() * pieces(), 1, this);
    }

    private int pieces() {
      return Math.ceilDiv(channels, PIECE);
    }

    @Override
    public void run(int from, int to, int worker) {
      for (int i = from; i < to; i++) {
        int sequence = i / pieces();
        int first = held(step).first(sequence);
        int tokens = held(step).first(sequence + 1) - first;
        if (tokens > 0) {
          piece(first, tokens, i % pieces() * PIECE, worker);
        }
      }
    }

    private void piece(int first, int tokens, int channel, int worker) {
      int count = Math.min(PIECE, channels - channel);
      MemorySegment state = state(held(net), held(step), first);
      if (held(step).positions()[first] == 0) {
        for (int row = 0; row < kept; row++) {
          clear(state, stateAt + row(row, channel), 4L * count);
        }
      }
      for (int t = 0; t < tokens; t++) {
        token(state, first, t, channel, count, worker);
      }
      for (int row = 0; row < kept; row++) {
        int token = tokens - kept + row;
        MemorySegment from = inputs(state, token);
        long at = inputsAt(first, token, channel);
        MemorySegment.copy(from, at, state, stateAt + row(row, channel), 4L * count);
      }
    }

    private void token(MemorySegment state, int first, int t, int channel, int count, int worker) {
      Tensor out = held(y);
      int at = Math.toIntExact((long) (first + t) * channels + channel);
      MemorySegment factors = held(net).convolution().data();
      clear(out.data(), 4L * at, 4L * count);
      for (int j = 0; j <= kept; j++) {
        int token = t - kept + j;
        kernels.multiplyAdd(
            inputs(state, token),
            inputsAt(first, token, channel),
            factors,
            row(j, channel),
            out.data(),
            4L * at,
            count);
      }
      kernels.activate(Activation.SILU, out, out, at, at + count, team.workspace(worker));
    }

    private MemorySegment inputs(MemorySegment state, int token) {
      return token < 0 ? state : held(x).data();
    }

    private long inputsAt(int first, int token, int channel) {
      return token < 0 ? stateAt + row(kept + token, channel) : row(first + token, channel);
    }

    /// Byte of a channel of a row.
    private long row(int row, int channel) {
      return 4L * ((long) row * channels + channel);
    }
  }

  /// The decays of all heads, shared out by tokens.
  private final class DecayTask implements ThreadTeam.Task {
    private @Nullable Tensor alpha;
    private @Nullable Tensor rates;
    private @Nullable Tensor decay;

    void run(Tensor alpha, Tensor rates, Tensor decay) {
      this.alpha = alpha;
      this.rates = rates;
      this.decay = decay;
      team.run(alpha.rows(), 1, this);
    }

    @Override
    public void run(int from, int to, int worker) {
      DeltaDecay.of(held(alpha), held(rates), held(decay), from, to);
    }
  }

  /// The recurrence, shared out by (sequence, value head).
  private final class DeltaTask implements ThreadTeam.Task {
    private @Nullable GatedDeltaNet net;
    private @Nullable Step step;
    private long stateAt;

    void run(GatedDeltaNet net, Step step) {
      this.net = net;
      this.step = step;
      this.stateAt = CpuCache.of(step).stateOffset(net) + 4L * net.tailSize();
      team.run(step.numSequences() * net.heads().numValueHeads(), 1, this);
    }

    @Override
    public void run(int from, int to, int worker) {
      GatedDeltaNet.Heads heads = held(net).heads();
      DeltaJob job = team.workspace(worker).delta();
      job.keyDim = heads.keyDim();
      job.valueDim = heads.valueDim();
      for (int i = from; i < to; i++) {
        job.valueHead = i % heads.numValueHeads();
        job.keyHead = heads.keyHead(job.valueHead);
        head(job, i / heads.numValueHeads());
      }
    }

    private void head(DeltaJob job, int sequence) {
      job.from = held(step).first(sequence);
      job.to = held(step).first(sequence + 1);
      if (job.from == job.to) {
        return;
      }
      long bytes = 4L * DeltaJob.stateSize(job.keyDim, job.valueDim);
      job.state = state(held(net), held(step), job.from);
      job.stateOffset = stateAt + job.valueHead * bytes;
      if (held(step).positions()[job.from] == 0) {
        clear(job.state, job.stateOffset, bytes);
      }
      kernels.deltaRule(job);
    }
  }
}

using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>
/// A program that leads a process group of its own, so that all that it starts ends with it. The platform starts no groups: <c>setsid</c> does, which the shell
/// becomes and which then becomes the program, all under one process ID.
/// </summary>
internal sealed class ProcessGroup : IDisposable
{
    private const int Kill = 9;
    private const short Readable = 1;
    private const short Writable = 4;

    // poll(2) says of a pipe that it is writable when so much has room (pipe(7), PIPE_BUF).
    private const int PieceLength = 4096;

    // At one look; a program that writes without a pause is looked at again.
    private const int PiecesAtOnce = 256;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LastPause = TimeSpan.FromMilliseconds(100);

    private readonly Process _process;
    private readonly PipeStream _output;
    private readonly PipeStream? _input;
    private ReadOnlyMemory<byte> _left;

    private ProcessGroup(Process process, ReadOnlyMemory<byte>? input)
    {
        (_process, _output, _left) = (process, (PipeStream)process.StandardOutput.BaseStream, input ?? default);
        _input = input is null ? null : (PipeStream)process.StandardInput.BaseStream;
    }

    /// <summary>Starts one.</summary>
    /// <param name="arguments">The program and its arguments.</param>
    /// <param name="input">What it reads; null for nothing.</param>
    /// <param name="variable">What its environment has besides the agent's.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no shell. That there is no such program is the shell's to say.</exception>
    public static ProcessGroup Start(IReadOnlyList<string> arguments, ReadOnlyMemory<byte>? input = null, KeyValuePair<string, string>? variable = null)
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardInput = input is not null };
        if (variable is { } more)
        {
            start.Environment[more.Key] = more.Value;
        }

        string[] all = ["-c", $"exec setsid \"$@\"{(input is null ? " </dev/null" : string.Empty)} 2>&1", "sh", .. arguments];
        foreach (var argument in all)
        {
            start.ArgumentList.Add(argument);
        }

        return new ProcessGroup(Process.Start(start)!, input);
    }

    /// <summary>Waits until the program ends, and takes what it writes; then the rest of its group is ended.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="OperationCanceledException">It took too long. Nothing of it runs any more.</exception>
    public async Task<int> RunAsync(BoundedOutput output, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            var exit = _process.WaitForExitAsync(cancellationToken);

            // Reading a pipe takes a thread for as long as anybody holds its other end, and cannot be cut short: it is only read when something is there,
            // and only written when there is room.
            for (var pause = FirstPause; !exit.IsCompleted; pause = pause * 2 < LastPause ? pause * 2 : LastPause)
            {
                pause = Give() | Take(output) ? FirstPause : pause;
                await exit.WaitAsync(pause, clock, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await exit;
        }
        finally
        {
            End();
        }

        Take(output);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _output.Dispose();
        _input?.Dispose();
        _process.Dispose();
    }

    // It need not read all, or anything.
    private bool Give()
    {
        if (_input is null || !_input.CanWrite)
        {
            return false;
        }

        var before = _left.Length;
        try
        {
            while (_left.Length > 0 && Is(_input, Writable))
            {
                var piece = _left.Span[..Math.Min(_left.Length, PieceLength)];
                _input.Write(piece);
                _left = _left[piece.Length..];
            }
        }
        catch (IOException)
        {
            _left = default;
        }

        if (_left.IsEmpty)
        {
            _input.Dispose();
        }

        return _left.Length < before;
    }

    private bool Take(BoundedOutput output)
    {
        Span<byte> buffer = stackalloc byte[PieceLength];
        var before = output.Total;
        for (var pieces = 0; pieces < PiecesAtOnce && Is(_output, Readable) && _output.Read(buffer) is > 0 and var read; pieces++)
        {
            output.Add(buffer[..read]);
        }

        return output.Total > before;
    }

    private static bool Is(PipeStream pipe, short what)
    {
        var look = new Look { Descriptor = (int)pipe.SafePipeHandle.DangerousGetHandle(), Events = what };
        return Poll(ref look, 1, 0) > 0 && (look.Happened & what) != 0;
    }

    private void End()
    {
        // Before the shell has become a leader there is no group: then it is alone.
        if (Signal(-_process.Id, Kill) != 0 && !_process.HasExited)
        {
            _process.Kill();
        }
    }

#pragma warning disable SYSLIB1054 // The generator needs unsafe blocks; these take only blittable arguments.
    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);

    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref Look looks, nuint count, int milliseconds);
#pragma warning restore SYSLIB1054

    [StructLayout(LayoutKind.Sequential)]
    private struct Look
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}

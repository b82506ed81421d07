using System.Diagnostics;
using System.Text;

namespace ConnectAgent.TestKit.Processes;

/// <summary>A child process with its output collected; killed, by its id, when disposed. An agent must have written no secret by then.</summary>
public sealed class RunningProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _more = NewSignal();

    private RunningProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    public static RunningProcess Start(string file, IEnumerable<string> arguments, string? folder = null, string? input = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? string.Empty,
        };
        var running = new RunningProcess(start);
        if (input is not null)
        {
            running._process.StandardInput.Write(input);
        }

        return running;
    }

    /// <summary>Runs to the end.</summary>
    /// <returns>Exit code, standard output, standard error.</returns>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string file, IEnumerable<string> arguments, string? folder = null, string? input = null, TimeSpan? limit = null)
    {
        await using var running = Start(file, arguments, folder, input);
        running._process.StandardInput.Close();
        var code = await running.ExitAsync(limit ?? TimeSpan.FromSeconds(60));
        return (code, running.Output, running.Errors);
    }

    /// <summary>Sends a signal by its name, for instance <c>INT</c>.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async Task<int> ExitAsync(TimeSpan limit)
    {
        using var cancelled = new CancellationTokenSource(limit);
        await _process.WaitForExitAsync(cancelled.Token);
        return _process.ExitCode;
    }

    /// <summary>Waits until standard output or standard error holds a text.</summary>
    /// <exception cref="InvalidOperationException">The process ended without it.</exception>
    public async Task SeenAsync(string text, TimeSpan limit)
    {
        using var cancelled = new CancellationTokenSource(limit);
        var end = _process.WaitForExitAsync(cancelled.Token);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                more = _more.Task;
            }

            // What it wrote is complete once its end has been seen.
            var isOver = end.IsCompletedSuccessfully;
            if (Output.Contains(text, StringComparison.Ordinal) || Errors.Contains(text, StringComparison.Ordinal))
            {
                return;
            }

            if (isOver)
            {
                throw new InvalidOperationException($"the process ended without saying {text}: {Output}{Errors}");
            }

            await (await Task.WhenAny(more.WaitAsync(cancelled.Token), end));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        if (_process.StartInfo.FileName == Repository.PublishedAgent)
        {
            RequireNoSecrets();
        }
    }

    /// <summary>Fails when a token or a key that the tests know of stands in the output.</summary>
    /// <exception cref="InvalidOperationException">With what stands before it.</exception>
    public void RequireNoSecrets()
    {
        if (Secrets.FindIn(Output + Errors) is { } surroundings)
        {
            throw new InvalidOperationException("the process wrote a secret behind: " + surroundings);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Append(StringBuilder text, string? line)
    {
        TaskCompletionSource more;
        lock (_gate)
        {
            if (line is not null)
            {
                text.Append(line).Append('\n');
            }

            (more, _more) = (_more, NewSignal());
        }

        more.TrySetResult();
    }

    private string Read(StringBuilder text)
    {
        lock (_gate)
        {
            return text.ToString();
        }
    }
}

using System.Globalization;
using System.Text;
using ConnectAgent.Configuration;
using Serilog.Events;
using Serilog.Formatting;

namespace ConnectAgent.Logs;

/// <summary>
/// The log in files (<c>log_file</c>): each has the time of its making in its name, so that going on in the next one renames nothing, and a crash at any moment leaves
/// whole files behind. Serilog's own file sink names by the calendar and rolls by it, which <c>log_rotate_duration</c> is not.
/// </summary>
/// <param name="options">Names and bounds.</param>
/// <param name="formatter">Makes the lines.</param>
/// <param name="clock">For names and ages.</param>
internal sealed class LogFile(LogFileOptions options, ITextFormatter formatter, TimeProvider clock) : ILogTarget
{
    private const string DefaultName = "connect-agent";
    private const string DefaultExtension = ".log";
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(options.Path + (options.Path.EndsWith('/') ? DefaultName : string.Empty)))!;
    private readonly string _stem = options.Path.EndsWith('/') ? DefaultName : Path.GetFileNameWithoutExtension(options.Path);
    private readonly string _extension = Path.GetExtension(options.Path) is { Length: > 0 } own ? own : DefaultExtension;
    private readonly StringWriter _line = new(CultureInfo.InvariantCulture);

    private FileStream? _file;
    private long _openedAt;

    public string Name => "log_file " + options.Path;

    public void Open() => Guard(Next);

    public void Write(LogEvent logEvent) => Guard(() =>
    {
        formatter.Format(logEvent, _line);
        try
        {
            Append(_line.ToString());
        }
        finally
        {
            _line.GetStringBuilder().Clear();
        }
    });

    public void Write(string remark) => Guard(() =>
        Append($"{clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)} [WARN]  agent.logs: {remark}\n"));

    // Nothing to do while the file is where it was.
    public void Reopen() => Guard(() =>
    {
        if (_file is null || !File.Exists(_file.Name))
        {
            Next();
        }
    });

    public void Dispose() => _file?.Dispose();

    private void Append(string text)
    {
        var bytes = Utf8.GetBytes(text);
        if (_file is null || IsFull(bytes.Length) || clock.GetElapsedTime(_openedAt) >= options.MaxAge)
        {
            Next();
        }

        // At once and whole: the line that tells why the process ends is read most.
        _file!.Write(bytes);
        _file.Flush();
    }

    private bool IsFull(int more) => options.MaxBytes > 0 && _file!.Length > 0 && _file.Length + more > options.MaxBytes;

    private void Next()
    {
        _file?.Dispose();
        _file = null;
        Directory.CreateDirectory(_folder);
        for (var time = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick; _file is null; time++)
        {
            var path = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{_stem}-{time}{_extension}"));
            if (!Path.Exists(path))
            {
                _file = new FileStream(path, new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Share = FileShare.ReadWrite | FileShare.Delete,
                    BufferSize = 0,
                    UnixCreateMode = Mode,
                });
            }
        }

        _openedAt = clock.GetTimestamp();
        Prune(_file.Name);
    }

    // Oldest first; only what is named as these files are.
    private void Prune(string current)
    {
        if (options.Archives == 0)
        {
            return;
        }

        var older = Directory.EnumerateFiles(_folder, $"{_stem}-*{_extension}").Where(path => path != current)
            .Select(path => (Path: path, IsOurs: ulong.TryParse(Path.GetFileName(path)[(_stem.Length + 1)..^_extension.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var time), Time: time))
            .Where(static file => file.IsOurs).OrderByDescending(static file => file.Time);
        foreach (var (path, _, _) in older.Skip(Math.Max(options.Archives, 0)).ToList())
        {
            File.Delete(path);
        }
    }

    private void Guard(Action step)
    {
        try
        {
            step();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{Name} cannot be written: {error.Message}", error);
        }
    }
}

using ConnectAgent.Caching.Files;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Cli.Framework;

/// <summary>What commands read: files, and standard input for <c>-</c>.</summary>
internal static class InputFile
{
    [Limit("cli.input_file", "bytes", "the command fails and names the file")]
    private const int LargestFile = 8 * 1024 * 1024;

    [Limit("cli.token_file", "bytes", "the command fails and names the file")]
    private const int LargestToken = 64 * 1024;

    /// <summary>Reads a file.</summary>
    /// <exception cref="CommandFailure">With the words in front of the reason.</exception>
    public static byte[] Read(string path, string failure)
    {
        try
        {
            return RegularFile.ReadAll(path, LargestFile);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(failure + Reason(path, error));
        }
    }

    /// <summary>Reads a token; a pipe is such a file, too.</summary>
    /// <exception cref="IOException">It cannot be read, or is too long.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string Token(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[LargestToken + 1];
        return file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) is var length && length <= LargestToken
            ? System.Text.Encoding.UTF8.GetString(bytes, 0, length).TrimEnd()
            : throw new IOException($"{path} holds more than {LargestToken} bytes, and so no token");
    }

    /// <summary>What a flag or argument stands for: <c>-</c> standard input, <c>@FILE</c> a file, all else itself.</summary>
    /// <exception cref="CommandFailure">With the words in front of the reason.</exception>
    public static async Task<string> TextOfAsync(string value, TextReader input, string failure) => value switch
    {
        "-" => await input.ReadToEndAsync(),
        ['@', .. var path] => System.Text.Encoding.UTF8.GetString(Read(path, failure + "Failed to read file: ")),
        _ => value,
    };

    /// <summary>In the words of the reference.</summary>
    public static string Reason(string path, Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => $"open {path}: no such file or directory",
        UnauthorizedAccessException => $"open {path}: permission denied",
        _ => error.Message,
    };
}

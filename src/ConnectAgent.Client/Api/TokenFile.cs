namespace ConnectAgent.Client.Api;

/// <summary>An ACL token in a file, which somebody else may replace: it is read when it has changed.</summary>
internal sealed class TokenFile(string path)
{
    private Content? _last;

    /// <summary>The token as it is now.</summary>
    /// <exception cref="ApiException">It cannot be read.</exception>
    public string Read()
    {
        try
        {
            var written = File.GetLastWriteTimeUtc(path);
            if (Volatile.Read(ref _last) is { } last && last.Written == written)
            {
                return last.Token;
            }

            var read = new Content(written, File.ReadAllText(path).Trim());
            Volatile.Write(ref _last, read);
            return read.Token;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ApiException($"the token file {path} cannot be read: {error.Message}", nothingSent: true);
        }
    }

    private sealed record Content(DateTime Written, string Token)
    {
        public override string ToString() => nameof(Content);
    }
}

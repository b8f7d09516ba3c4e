# A cask for Homebrew: @version@ and @sha256@ are filled in for a release.
cask "sightglass" do
  version "@version@"
  sha256 "@sha256@"

  url "https://github.com/sightglass/sightglass/releases/download/v#{version}/Sightglass-#{version}.dmg"
  name "Sightglass"
  desc "Ask about what you see, with vision-language models that run on this machine"
  homepage "https://github.com/sightglass/sightglass"

  depends_on arch: :arm64
  depends_on macos: ">= :ventura"

  app "Sightglass.app"

  zap trash: "~/Library/Application Support/Sightglass"
end
